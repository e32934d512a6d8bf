import type { Size, View } from "./view.ts";

/** A part of an image: `left`, `top` and its size. */
export type Window = Size & { left: number; top: number };

/** Weights of the source pixels that make one target pixel, as Pillow rounds them: integers of 22 bits after the point. */
interface Taps {
  first: number;
  weights: Int32Array;
}

const PRECISION = 22;

/**
 * Enlarge interleaved 8-bit RGB exactly as Pillow's `Image.resize` does (libImaging/Resample.c: rows first, then columns,
 * 8 bits between, weights renormalised at the borders), and only what lies in `window` of the result. libvips interpolates
 * enlargements otherwise; where it shrinks the two agree.
 */
export function enlarge(rgb: Uint8Array, from: Size, to: Size, window: Window, kernel: View["kernel"]): Uint8Array {
  const across = taps(kernel, from.width, to.width, window.left, window.width);
  const down = taps(kernel, from.height, to.height, window.top, window.height);
  const wide = new Uint8Array(window.width * from.height * 3);
  for (let y = 0; y < from.height; y++) {
    weigh(rgb, y * from.width * 3, 3, across, wide, y * window.width * 3, 3);
  }
  const out = new Uint8Array(window.width * window.height * 3);
  const stride = window.width * 3;
  for (let x = 0; x < window.width; x++) weigh(wide, x * 3, stride, down, out, x * 3, stride);
  return out;
}

/** One line of RGB pixels, `step` bytes apart, into another. */
function weigh(
  from: Uint8Array,
  start: number,
  step: number,
  line: Taps[],
  to: Uint8Array,
  target: number,
  targetStep: number,
): void {
  for (const { first, weights } of line) {
    for (let channel = 0; channel < 3; channel++) {
      let sum = 1 << (PRECISION - 1);
      let at = start + first * step + channel;
      for (let i = 0; i < weights.length; i++, at += step) sum += (weights[i] ?? 0) * (from[at] ?? 0);
      const value = sum >> PRECISION;
      to[target + channel] = Math.max(0, Math.min(255, value));
    }
    target += targetStep;
  }
}

function taps(kernel: View["kernel"], from: number, to: number, first: number, count: number): Taps[] {
  const scale = from / to;
  if (from === to || kernel === "nearest") {
    const one = Int32Array.of(1 << PRECISION);
    return Array.from({ length: count }, (_, i) => ({ first: Math.floor((first + i + 0.5) * scale), weights: one }));
  }
  const { support, weight } = FILTERS[kernel];
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  return Array.from({ length: count }, (_, i) => {
    const centre = (first + i + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    const raw = Array.from({ length: end - begin }, (_, x) => weight((x + begin - centre + 0.5) / stretch));
    const sum = raw.reduce((a, b) => a + b, 0);
    return { first: begin, weights: Int32Array.from(raw, (w) => roundAwayFromZero((w / sum) * (1 << PRECISION))) };
  });
}

function roundAwayFromZero(x: number): number {
  return x < 0 ? Math.trunc(x - 0.5) : Math.trunc(x + 0.5);
}

const FILTERS = {
  linear: { support: 1, weight: (x: number) => Math.max(0, 1 - Math.abs(x)) },
  cubic: { support: 2, weight: cubic },
  lanczos3: { support: 3, weight: (x: number) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
} as const;

/** Catmull-Rom, a = -0.5. */
function cubic(signed: number): number {
  const x = Math.abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

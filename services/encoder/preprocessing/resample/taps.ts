import type { View } from "../view.ts";

/** Which source pixels make each target pixel, and how much each counts. */
export interface Taps {
  /** The first source pixel, by target pixel. */
  first: Int32Array;
  /** `room` for each target pixel, of the source pixels from its first: whole numbers, 1 is 2^22, 0 behind the last. */
  weights: Int32Array;
  room: number;
  /** Source pixels of the target pixel that has the most of them. */
  most: number;
}

const ONE = 2 ** 22;

/**
 * Pillow's weights (13.0, libImaging/Resample.c: precompute_coeffs, normalize_coeffs_8bpc) of the target pixels from
 * `start`, `count` of them, when a line of `from` pixels becomes one of `to`: antialiased where it gets shorter, scaled to
 * a sum of 1 at the borders, rounded away from zero. Calculated in Pillow's order, so that they are the same to the last bit.
 */
export function computeTaps(kernel: View["kernel"], from: number, to: number, start: number, count: number): Taps {
  const scale = from / to;
  const first = new Int32Array(count);
  if (from === to || kernel === "nearest") {
    for (let i = 0; i < count; i++) first[i] = Math.floor((start + i + 0.5) * scale);
    return { first, weights: new Int32Array(count).fill(ONE), room: 1, most: 1 };
  }
  const { support, weight } = FILTERS[kernel];
  const stretch = Math.max(scale, 1);
  const perPixel = 1 / stretch;
  const reach = support * stretch;
  const room = Math.ceil(reach) * 2 + 1;
  const weights = new Int32Array(count * room);
  let most = 1;
  const exact = new Float64Array(room);
  for (let i = 0; i < count; i++) {
    const centre = (start + i + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(centre - reach + 0.5));
    const taps = Math.min(from, Math.trunc(centre + reach + 0.5)) - begin;
    let sum = 0;
    for (let x = 0; x < taps; x++) sum += exact[x] = weight((x + begin - centre + 0.5) * perPixel);
    for (let x = 0; x < taps; x++) weights[i * room + x] = roundAwayFromZero(((exact[x] ?? 0) / sum) * ONE);
    first[i] = begin;
    most = Math.max(most, taps);
  }
  return { first, weights, room, most };
}

function roundAwayFromZero(x: number): number {
  return Math.trunc(x < 0 ? x - 0.5 : x + 0.5);
}

/** How far from a target pixel's centre source pixels count, and how much; distances in target pixels. */
const FILTERS = {
  linear: { support: 1, weight: (x: number) => Math.max(0, 1 - Math.abs(x)) },
  cubic: { support: 2, weight: cubic },
  lanczos3: { support: 3, weight: (x: number) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} as const;

/** Catmull-Rom, a = -0.5. */
function cubic(signed: number): number {
  const x = Math.abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

import type { Size, View } from "./view.ts";

/** Pixels as a model takes them. */
export interface PixelTensor extends Size {
  /** Planes red, green, blue; rows from the top: float32 [3, height, width]. */
  data: Float32Array;
}

/**
 * Interleaved 8-bit CMYK (0 is no ink) into RGB, as Pillow converts it: without a colour profile, light times light.
 * Pillow's rounding: (a × b + 128) / 255, the nearest whole number.
 */
export function cmykToRgb(cmyk: Uint8Array, rgb: Uint8Array): void {
  const pixels = cmyk.length / 4;
  for (let i = 0; i < pixels; i++) {
    const light = 255 - (cmyk[i * 4 + 3] ?? 0);
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = light - Math.round(((cmyk[i * 4 + c] ?? 0) * light) / 255);
  }
}

/**
 * Interleaved 8-bit RGBA into RGB, laid over white as Pillow's `Image.alpha_composite` does it (13.0,
 * libImaging/AlphaComposite.c, where what lies below is opaque).
 */
export function overWhite(rgba: Uint8Array, rgb: Uint8Array): void {
  const pixels = rgba.length / 4;
  for (let i = 0; i < pixels; i++) {
    const alpha = rgba[i * 4 + 3] ?? 0;
    const white = 255 * (255 - alpha);
    for (let c = 0; c < 3; c++) {
      const sum = ((rgba[i * 4 + c] ?? 0) * alpha + white + 128) << 7;
      rgb[i * 3 + c] = ((sum >> 8) + sum) >> 15;
    }
  }
}

const tablesOf = new WeakMap<View, Float32Array>();

/** What each of the 256 values becomes, rescaled and normalised: red, green and blue, one table behind the other. */
export function valueTables(view: View): Float32Array {
  let tables = tablesOf.get(view);
  if (!tables) {
    const table = (channel: 0 | 1 | 2) =>
      Array.from({ length: 256 }, (_, v) => (v * view.rescale - view.mean[channel]) / view.std[channel]);
    tables = Float32Array.from([table(0), table(1), table(2)].flat());
    tablesOf.set(view, tables);
  }
  return tables;
}

import type { PixelArray } from "../inference/inference.ts";
import type { Size, View } from "./view.ts";

/** Interleaved 8-bit RGB as a graph gets it: one photo [1, 3, height, width], with what rescales and normalises it. */
export function toPixelArray(rgb: Uint8Array, { width, height }: Size, view: View): PixelArray {
  const [r, g, b] = view.std;
  const [meanR, meanG, meanB] = view.mean;
  return {
    type: "pixels",
    dims: [1, 3, height, width],
    data: rgb,
    scale: [view.rescale / r, view.rescale / g, view.rescale / b],
    shift: [-meanR / r, -meanG / g, -meanB / b],
  };
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

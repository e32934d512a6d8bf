import type { PixelArray } from "../inference/inference.ts";
import type { Plan, Size, View } from "./view.ts";

/**
 * Interleaved 8-bit RGB as a graph gets it: one photo [1, 3, height, width], with what rescales and normalises it.
 * @throws RangeError when `rgb` does not hold 3 bytes a pixel.
 */
export function toPixelArray(rgb: Uint8Array, { width, height }: Size, view: View): PixelArray {
  const bytes = width * height * 3;
  if (rgb.length !== bytes)
    throw new RangeError(`expected ${bytes} bytes for ${width} × ${height} RGB, got ${rgb.length}`);
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

/** RGB of the plan's extract → RGB of its output: in the middle of a black border, where the extract is smaller. */
export function addBorder(rgb: Uint8Array, { extract, output }: Plan): Uint8Array {
  if (extract.width === output.width && extract.height === output.height) return rgb;
  const framed = new Uint8Array(output.width * output.height * 3);
  for (let y = 0; y < extract.height; y++) {
    const row = rgb.subarray(y * extract.width * 3, (y + 1) * extract.width * 3);
    framed.set(row, ((output.top + y) * output.width + output.left) * 3);
  }
  return framed;
}

/**
 * Interleaved 8-bit CMYK (0 is no ink) → RGB, as Pillow converts it: without a colour profile, light times light.
 * Pillow's rounding: (a × b + 128) / 255, the nearest whole number.
 */
export function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const pixels = cmyk.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const light = 255 - (cmyk[i * 4 + 3] ?? 0);
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = light - Math.round(((cmyk[i * 4 + c] ?? 0) * light) / 255);
  }
  return rgb;
}

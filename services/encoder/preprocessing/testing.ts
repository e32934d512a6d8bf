import type { PixelArray } from "../inference/inference.ts";
import { PixelPlanes } from "../inference/pixel-planes.ts";
import type { Size } from "./view.ts";

/** What a graph gets of one photo: float32 planes red, green, blue. For tests. */
export function planesOf(pixels: PixelArray): Size & { data: Float32Array } {
  const [, , height = 0, width = 0] = pixels.dims;
  return { width, height, data: new PixelPlanes().of(pixels) };
}

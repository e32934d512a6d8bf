import type { Size, View } from "./view.ts";

/** Pixels as a model takes them. */
export interface PixelTensor extends Size {
  /** Planes red, green, blue; rows from the top: float32 [3, height, width]. */
  data: Float32Array;
}

/**
 * Interleaved 8-bit RGB → rescaled, normalised planes.
 * @throws RangeError when `rgb` does not hold 3 bytes a pixel.
 */
export function toPixelTensor(rgb: Uint8Array, { width, height }: Size, view: View): PixelTensor {
  const pixels = width * height;
  if (rgb.length !== pixels * 3) {
    throw new RangeError(`expected ${pixels * 3} bytes for ${width} × ${height} RGB, got ${rgb.length}`);
  }
  const data = new Float32Array(pixels * 3);
  for (let channel = 0; channel < 3; channel++) {
    const mean = view.mean[channel] ?? 0;
    const std = view.std[channel] ?? 1;
    const plane = channel * pixels;
    for (let i = 0; i < pixels; i++) data[plane + i] = ((rgb[i * 3 + channel] ?? 0) * view.rescale - mean) / std;
  }
  return { width, height, data };
}

import type { Source } from "./resample/resampler.ts";
import type { Size } from "./view.ts";

/** An upright photo that was decoded already. */
export interface RgbPhoto extends Size {
  /** 8-bit red, green, blue of each pixel, rows from the top: width × height × 3 bytes. */
  rgb: Uint8Array;
}

export function sourceOf({ width, height, rgb }: RgbPhoto): Source {
  const stride = width * 3;
  return {
    width,
    height,
    rgb,
    copyRows: (first, count, target) => target.set(rgb.subarray(first * stride, (first + count) * stride)),
  };
}

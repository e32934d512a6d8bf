import type { PixelArray } from "./inference.ts";

type Triple = PixelArray["scale"];

/** Memory that the planes of one run are written to, so that a run does not begin with fresh pages. */
export class PixelPlanes {
  #memory = new Float32Array(0);
  #tables: { scale: Triple; shift: Triple; values: Float32Array } | undefined;

  /** float32 [n, 3, height, width]; valid until the next call. */
  of({ dims, data, scale, shift }: PixelArray): Float32Array {
    const [count = 0, , height = 0, width = 0] = dims;
    const pixels = height * width;
    if (this.#memory.length < data.length) this.#memory = new Float32Array(data.length);
    const planes = this.#memory.subarray(0, data.length);
    const values = this.#valuesOf(scale, shift);
    for (let photo = 0, at = 0; photo < count; photo++) {
      const red = photo * 3 * pixels;
      const green = red + pixels;
      const blue = green + pixels;
      for (let i = 0; i < pixels; i++, at += 3) {
        planes[red + i] = values[data[at]!]!;
        planes[green + i] = values[256 + data[at + 1]!]!;
        planes[blue + i] = values[512 + data[at + 2]!]!;
      }
    }
    return planes;
  }

  /** What each of the 256 values of each channel becomes. */
  #valuesOf(scale: Triple, shift: Triple): Float32Array {
    const known = this.#tables;
    if (known && same(known.scale, scale) && same(known.shift, shift)) return known.values;
    const values = Float32Array.from({ length: 768 }, (_, i) => (i & 255) * scale[i >> 8]! + shift[i >> 8]!);
    this.#tables = { scale, shift, values };
    return values;
  }
}

function same(a: Triple, b: Triple): boolean {
  return a.every((value, i) => value === b[i]);
}

import type { Plan, Size, View } from "./view.ts";

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
  const [reds, greens, blues] = valueTables(view);
  const data = new Float32Array(pixels * 3);
  for (let i = 0, at = 0; i < pixels; i++, at += 3) {
    data[i] = reds[rgb[at] as number] as number;
    data[pixels + i] = greens[rgb[at + 1] as number] as number;
    data[2 * pixels + i] = blues[rgb[at + 2] as number] as number;
  }
  return { width, height, data };
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

/** What each of the 256 values becomes, a table a channel. */
type ValueTables = [Float32Array, Float32Array, Float32Array];

const tablesOf = new WeakMap<View, ValueTables>();

function valueTables(view: View): ValueTables {
  let tables = tablesOf.get(view);
  if (!tables) {
    const table = (channel: 0 | 1 | 2) =>
      Float32Array.from({ length: 256 }, (_, v) => (v * view.rescale - view.mean[channel]) / view.std[channel]);
    tables = [table(0), table(1), table(2)];
    tablesOf.set(view, tables);
  }
  return tables;
}

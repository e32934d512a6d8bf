import { MOST_SKEW, SKETCH_VALUES } from "./rotation.ts";
import { COUNTS, NUMBERS, type ScanFunction, STAGE, THRESHOLDS } from "./scan-module.ts";
import type { Scratch } from "./scratch.ts";

/** Where axes are: as rows of a block's sketch memory. */
export interface AxesPlace {
  /** Floats from one axis to the next. */
  stride: number;
  /** The number that the first one has among rows of this stride. */
  first: number;
}

/**
 * How far coordinates along the axes, as they are computed, may be from those in an orthonormal basis of what the axes span, as a
 * share of the vector's length. Each is sixteen sums in float32; the axes are not quite orthonormal.
 */
export function coordinateError(stride: number): number {
  return Math.sqrt(SKETCH_VALUES) * (stride / 16 + 8) * 2 ** -24 + MOST_SKEW / 2;
}

/**
 * The coordinates of the vector that is the scratch memory's only query: its products with the axes, as an exact scan has them.
 * @param scan the scan of one query by inner product over the axes' memory
 * @returns false: some are not finite
 */
export function project(scan: ScanFunction, scratch: Scratch, { stride, first }: AxesPlace, to: Float32Array): boolean {
  const { integers, floats } = scratch;
  integers[COUNTS / 4] = 0;
  floats[THRESHOLDS / 4] = Number.NEGATIVE_INFINITY;
  scan(0, SKETCH_VALUES, 1, stride * 4, NUMBERS, first);
  // What is not a number is not put on the stage.
  const staged = integers[COUNTS / 4]!;
  integers[COUNTS / 4] = 0;
  if (staged !== SKETCH_VALUES) return false;
  for (let n = 0; n < SKETCH_VALUES; n++) to[n] = floats[STAGE / 4 + 2 * n + 1]!;
  return to.every(Number.isFinite);
}

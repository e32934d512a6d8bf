import type { AnnParams } from "./ann.ts";

const MAX_K = 65_536;
const MAX_PARAMETER = 65_536;

/**
 * How many queries these are.
 * @throws {RangeError} the sizes do not fit
 */
export function checkQuery(
  { vectors, k, params }: { vectors: Float32Array; k: number; params?: AnnParams | undefined },
  dimensions: number,
): number {
  if (vectors.length % dimensions !== 0) {
    throw new RangeError(`expected vectors of ${dimensions} dimensions, got ${vectors.length} values`);
  }
  checkWhole("k", k, MAX_K);
  for (const name of ["efSearch", "nprobe", "refine"] as const) {
    const value = params?.[name];
    if (value !== undefined) checkWhole(name, value, MAX_PARAMETER);
  }
  return vectors.length / dimensions;
}

function checkWhole(name: string, value: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > most) {
    throw new RangeError(`expected a whole ${name} from 1 to ${most}, got ${value}`);
  }
}

import { type AnnBuild, AnnError, type AnnMetric, type AnnParams } from "./ann.ts";

const MAX_K = 65_536;
const MAX_PARAMETER = 65_536;
const MAX_DIMENSIONS = 65_536;
/** Labels are signed 32-bit integers. */
const MAX_ROWS = 2 ** 31 - 1;

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

/** @throws {RangeError} a graph of this size cannot be */
export function checkBuild({ dimensions, count }: Pick<AnnBuild, "dimensions" | "count">): void {
  checkWhole("number of dimensions", dimensions, MAX_DIMENSIONS);
  checkWhole("number of rows", count, MAX_ROWS);
}

/** @throws {AnnError} the file holds another kind of graph */
export function checkHead(
  file: string,
  head: { dimensions: number; metric: AnnMetric },
  expected: { dimensions: number; metric: AnnMetric },
): void {
  for (const name of ["dimensions", "metric"] as const) {
    if (head[name] === expected[name]) continue;
    throw new AnnError(`expected ${name} ${expected[name]} in ${file}, got ${head[name]}: build the graph anew`);
  }
}

function checkWhole(name: string, value: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > most) {
    throw new RangeError(`expected a whole ${name} from 1 to ${most}, got ${value}`);
  }
}

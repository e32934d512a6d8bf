import { setImmediate as nextTurn } from "node:timers/promises";
import type { AnnBuild } from "./ann.ts";

/** Values that one call adds: about a second of work for a graph of 784 dimensions, the time that a cancel may take. */
const VALUES_A_CALL = 2 ** 20;
const MAX_ROWS_A_CALL = 4_096;
/** Values that are copied before the event loop has its turn: a megabyte, less than a millisecond. */
const VALUES_A_TURN = 2 ** 18;
/** Rows that are taken together for training, so that a sample is read in stretches. */
const STRETCH = 64;
/** FAISS looks at 256 vectors a centroid, and a byte of a code is one of 256 centroids. */
const ROWS_A_CENTROID = 256;

/**
 * Hand over all rows, piece by piece, until the build is no longer wanted. A piece lies in memory that other threads see,
 * and that the next one uses again; it is copied in short turns.
 */
export async function addRows(
  { dimensions, count, rows, signal, onProgress }: AnnBuild,
  add: (vectors: Float32Array, size: number) => Promise<unknown>,
): Promise<void> {
  const step = Math.max(1, Math.min(MAX_ROWS_A_CALL, Math.floor(VALUES_A_CALL / dimensions)));
  const turn = Math.max(1, Math.floor(VALUES_A_TURN / dimensions));
  const piece = new Float32Array(new SharedArrayBuffer(Math.min(step, count) * dimensions * 4));
  for (let first = 0; first < count; first += step) {
    signal?.throwIfAborted();
    const size = Math.min(step, count - first);
    for (let done = 0; done < size; done += turn) {
      if (done > 0) await nextTurn();
      const run = Math.min(turn, size - done);
      piece.set(checked(rows(first + done, run), run, dimensions), done * dimensions);
    }
    await add(piece.subarray(0, size * dimensions), size);
    onProgress?.(first + size, count);
  }
  signal?.throwIfAborted();
}

/** Rows to train with, from all over, or all if they are few; in memory that other threads see. Copied in short turns. */
export async function trainingSample({
  factory,
  dimensions,
  count,
  rows,
  signal,
}: Pick<AnnBuild, "factory" | "dimensions" | "count" | "rows" | "signal">): Promise<Float32Array> {
  const centroids = Math.max(256, Number(/IVF(\d+)/.exec(factory)?.[1] ?? 0));
  const wanted = centroids * ROWS_A_CENTROID;
  const all = wanted >= count;
  const stretch = all ? count : STRETCH;
  const stretches = all ? 1 : Math.ceil(wanted / STRETCH);
  const turn = Math.max(1, Math.floor(VALUES_A_TURN / dimensions));
  let copied = 0;
  const sample = new Float32Array(new SharedArrayBuffer(stretches * stretch * dimensions * 4));
  for (let i = 0; i < stretches; i++) {
    const first = all ? 0 : Math.floor((i * (count - stretch)) / (stretches - 1));
    for (let done = 0; done < stretch; done += turn) {
      copied += Math.min(turn, stretch - done);
      if (copied > turn) {
        await nextTurn();
        signal?.throwIfAborted();
        copied = 0;
      }
      const size = Math.min(turn, stretch - done);
      sample.set(checked(rows(first + done, size), size, dimensions), (i * stretch + done) * dimensions);
    }
  }
  return sample;
}

function checked(vectors: Float32Array, count: number, dimensions: number): Float32Array {
  if (vectors.length === count * dimensions) return vectors;
  throw new RangeError(`expected ${count} rows of ${dimensions} dimensions, got ${vectors.length} values`);
}

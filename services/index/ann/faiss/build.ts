import type { AnnBuild } from "../ann.ts";
import type { Native, Pointer } from "./native.ts";
import { NativeThread, type ThreadOptions } from "./native-thread.ts";

/** Values that one call adds: about a second of work for a graph of 784 dimensions, the time that a cancel may take. */
const VALUES_A_CALL = 2 ** 20;
const MAX_ROWS_A_CALL = 4_096;
/** Rows that are taken together for training, so that a sample is read in stretches. */
const STRETCH = 64;
/** FAISS looks at 256 vectors a centroid, and a byte of a code is one of 256 centroids. */
const ROWS_A_CENTROID = 256;

/** Build an index in a thread of its own. What was begun is freed when it is not finished. */
export async function buildIndex(
  native: Native,
  options: ThreadOptions,
  { dimensions, metric, factory, count, rows, signal, onProgress }: AnnBuild,
): Promise<Pointer> {
  signal?.throwIfAborted();
  const thread = new NativeThread(options);
  let index: Pointer | undefined;
  try {
    index = (await thread.run({ op: "create", dimensions, factory, metric }))!;
    if (!native.describe(index).trained) {
      const sample = trainingSample({ factory, dimensions, count, rows });
      await thread.run({ op: "train", index, count: sample.length / dimensions, vectors: sample });
    }
    const step = Math.max(1, Math.min(MAX_ROWS_A_CALL, Math.floor(VALUES_A_CALL / dimensions)));
    for (let first = 0; first < count; first += step) {
      signal?.throwIfAborted();
      const size = Math.min(step, count - first);
      await thread.run({
        op: "add",
        index,
        count: size,
        vectors: shared(checked(rows(first, size), size, dimensions)),
      });
      onProgress?.(first + size, count);
    }
    signal?.throwIfAborted();
    return index;
  } catch (error) {
    if (index !== undefined) await native.freeAsync(index);
    throw error;
  } finally {
    await thread.end();
  }
}

/** Rows to train with, from all over, or all if they are few. */
export function trainingSample({
  factory,
  dimensions,
  count,
  rows,
}: Pick<AnnBuild, "factory" | "dimensions" | "count" | "rows">): Float32Array {
  const centroids = Math.max(256, Number(/IVF(\d+)/.exec(factory)?.[1] ?? 0));
  const wanted = Math.min(count, centroids * ROWS_A_CENTROID);
  const stretches = wanted === count ? 1 : Math.ceil(wanted / STRETCH);
  const stretch = wanted === count ? count : STRETCH;
  const sample = new Float32Array(new SharedArrayBuffer(stretches * stretch * dimensions * 4));
  for (let i = 0; i < stretches; i++) {
    const first = stretches === 1 ? 0 : Math.floor((i * (count - stretch)) / (stretches - 1));
    copyRows(sample, i * stretch, first, stretch);
  }
  return sample;

  function copyRows(target: Float32Array, at: number, first: number, size: number): void {
    for (let done = 0; done < size; done += MAX_ROWS_A_CALL) {
      const piece = Math.min(MAX_ROWS_A_CALL, size - done);
      target.set(checked(rows(first + done, piece), piece, dimensions), (at + done) * dimensions);
    }
  }
}

function checked(vectors: Float32Array, count: number, dimensions: number): Float32Array {
  if (vectors.length !== count * dimensions) {
    throw new RangeError(`expected ${count} rows of ${dimensions} dimensions, got ${vectors.length} values`);
  }
  return vectors;
}

/** In memory that another thread sees; a view that is there already is not copied. */
function shared(vectors: Float32Array): Float32Array {
  if (vectors.buffer instanceof SharedArrayBuffer) return vectors;
  const copy = new Float32Array(new SharedArrayBuffer(vectors.byteLength));
  copy.set(vectors);
  return copy;
}

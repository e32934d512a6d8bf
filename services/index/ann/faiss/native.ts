import type { LibraryHandle } from "koffi";
import { AnnError, type AnnMetric } from "../ann.ts";
import type { Variant } from "./cpu.ts";
import { HugePages } from "./huge-pages.ts";

/** Address of an object of the library; the same in every thread of this process. */
export type Pointer = bigint;

/** The asynchronous form of a search: the return code comes from a thread of libuv's pool. */
export interface SearchCall {
  index: Pointer;
  count: number;
  vectors: Float32Array;
  k: number;
  /** `[count, k]`, filled. */
  distances: Float32Array;
  /** `[count, k]`, filled. */
  labels: BigInt64Array;
}

/**
 * FAISS's C API (`c_api/*_c.h`, 1.12) as typed functions. All are synchronous unless their name says otherwise, and throw
 * an AnnError with FAISS's own words: the library keeps these for the thread that failed.
 */
export interface Native {
  /** Of the library: "1.12.0". */
  readonly version: string;
  createIndex(dimensions: number, factory: string, metric: AnnMetric): Pointer;
  readIndex(file: string, flags: number): Pointer;
  writeIndex(index: Pointer, file: string): void;
  train(index: Pointer, count: number, vectors: Float32Array): void;
  add(index: Pointer, count: number, vectors: Float32Array): void;
  search(call: SearchCall): void;
  /** 0, or a code; ask `search` again for the words. */
  searchAsync(call: SearchCall): Promise<number>;
  /** Every row nearer than the radius, found on a thread of libuv's pool. Not every kind of index can. */
  rangeSearchAsync(index: Pointer, count: number, vectors: Float32Array, radius: number): Promise<RangeAnswer>;
  describe(index: Pointer): { dimensions: number; metric: AnnMetric | undefined; count: number; trained: boolean };
  /** Set efSearch, nprobe, … wherever it applies in a nested index. False where it does not. */
  setParameter(index: Pointer, name: string, value: number): boolean;
  free(index: Pointer): void;
  /** Free on a thread of libuv's pool: giving back gigabytes takes a while. */
  freeAsync(index: Pointer): Promise<void>;
  /** Threads that a call from this thread may use. False if the library has no OpenMP that can be told. */
  setThreads(count: number): boolean;
  /** From now on; its `collapse` is of what was taken since. */
  hugePages(): HugePages;
}

/** Rows of query `i` lie from `limits[i]` to `limits[i + 1]`, in no order. */
export interface RangeAnswer {
  limits: Int32Array;
  labels: Int32Array;
  distances: Float32Array;
}

const METRICS: Record<AnnMetric, number> = { ip: 0, l2: 1 };

/**
 * Load a `libfaiss_c`.
 * @throws when koffi is not installed, or the file is not there, lacks a library that it needs, or is no FAISS
 */
export async function loadNative(file: string, variant: Variant = "generic"): Promise<Native> {
  const { default: koffi } = await import("koffi");
  // OpenMP and OpenBLAS read these once, when they are loaded, for all threads that are not told otherwise. A search is
  // one thread's work: several at a time share the processors better than one that takes them all.
  const system = koffi.load(null);
  const restore = withEnvironment(system, {
    OMP_NUM_THREADS: "1",
    OPENBLAS_NUM_THREADS: "1",
    // An OpenBLAS older than the processor takes it for an old one: with this, PCA of one query takes half the time.
    ...(variant === "avx512" && { OPENBLAS_CORETYPE: "SkylakeX" }),
  });
  let library: LibraryHandle;
  try {
    library = koffi.load(file);
  } finally {
    restore();
  }
  const lastError = library.func("const char *faiss_get_last_error()");
  const call = (signature: string) => {
    const bound = library.func(signature);
    const run = (...args: unknown[]): void => {
      if (bound(...args) !== 0) throw new AnnError(`faiss: ${cleaned(lastError() as string | null)}`);
    };
    return Object.assign(run, { bound });
  };
  const made = (bound: (...args: unknown[]) => void, ...args: unknown[]): Pointer => {
    const out: [Pointer | null] = [null];
    bound(out, ...args);
    if (out[0] === null) throw new AnnError("faiss: expected an object, got none");
    return out[0];
  };

  const factory = call("int faiss_index_factory(_Out_ void **p, int d, const char *description, int metric)");
  const read = call("int faiss_read_index_fname(const char *name, int flags, _Out_ void **p)");
  const write = call("int faiss_write_index_fname(void *index, const char *name)");
  const train = call("int faiss_Index_train(void *index, int64_t n, void *x)");
  const add = call("int faiss_Index_add(void *index, int64_t n, void *x)");
  const search = call(
    "int faiss_Index_search(void *index, int64_t n, void *x, int64_t k, void *distances, void *labels)",
  );
  const range = call("int faiss_Index_range_search(void *index, int64_t n, void *x, float radius, void *result)");
  const rangeNew = call("int faiss_RangeSearchResult_new(_Out_ void **p, int64_t nq)");
  const rangeFree = library.func("void faiss_RangeSearchResult_free(void *result)");
  const rangeLimits = library.func("void faiss_RangeSearchResult_lims(void *result, _Out_ void **limits)");
  const rangeFound = library.func(
    "void faiss_RangeSearchResult_labels(void *result, _Out_ void **labels, _Out_ void **distances)",
  );
  const free = library.func("void faiss_Index_free(void *index)");
  const dimensions = library.func("int faiss_Index_d(void *index)");
  const metric = library.func("int faiss_Index_metric_type(void *index)");
  const total = library.func("int64_t faiss_Index_ntotal(void *index)");
  const trained = library.func("int faiss_Index_is_trained(void *index)");
  const version = library.func("const char *faiss_get_version()");
  const setParameter = library.func(
    "int faiss_ParameterSpace_set_index_parameter(void *space, void *index, const char *name, double value)",
  );
  const space = made(call("int faiss_ParameterSpace_new(_Out_ void **p)"));
  const setThreads = symbolOf(library, "void omp_set_num_threads(int count)");

  return {
    version: version() as string,
    createIndex: (d, description, kind) => made(factory, d, description, METRICS[kind]),
    readIndex(name, flags) {
      const out: [Pointer | null] = [null];
      read(name, flags, out);
      if (out[0] === null) throw new AnnError("faiss: expected an index, got none");
      return out[0];
    },
    writeIndex: (index, name) => write(index, name),
    train: (index, count, vectors) => train(index, count, vectors),
    add: (index, count, vectors) => add(index, count, vectors),
    search: ({ index, count, vectors, k, distances, labels }) => search(index, count, vectors, k, distances, labels),
    searchAsync: ({ index, count, vectors, k, distances, labels }) =>
      new Promise((resolve, reject) => {
        search.bound.async(index, count, vectors, k, distances, labels, (error: unknown, code: number) =>
          // Naming the buffers here keeps their memory until the other thread is done with it.
          error ? reject(error) : resolve(vectors && distances && labels ? code : -1),
        );
      }),
    async rangeSearchAsync(index, count, vectors, radius) {
      const result = made(rangeNew, count);
      try {
        const code = await new Promise<number>((resolve, reject) => {
          range.bound.async(index, count, vectors, radius, result, (error: unknown, code: number) =>
            error ? reject(error) : resolve(vectors ? code : -1),
          );
        });
        if (code !== 0) range(index, count, vectors, radius, result); // again, for the words
        const [limits, labels, distances]: [Pointer | null][] = [[null], [null], [null]];
        rangeLimits(result, limits);
        rangeFound(result, labels, distances);
        const ends = lowWords(koffi.view(limits![0], (count + 1) * 8));
        const found = ends[count]!;
        return {
          limits: ends,
          labels: found === 0 ? new Int32Array(0) : lowWords(koffi.view(labels![0], found * 8)),
          distances: found === 0 ? new Float32Array(0) : new Float32Array(koffi.view(distances![0], found * 4)).slice(),
        };
      } finally {
        rangeFree(result);
      }
    },
    describe: (index) => ({
      dimensions: dimensions(index) as number,
      metric: (["ip", "l2"] as const).find((kind) => METRICS[kind] === metric(index)),
      count: Number(total(index)),
      trained: trained(index) !== 0,
    }),
    setParameter: (index, name, value) => setParameter(space, index, name, value) === 0,
    free: (index) => free(index),
    freeAsync: (index) =>
      new Promise((resolve, reject) => free.async(index, (error: unknown) => (error ? reject(error) : resolve()))),
    setThreads(count) {
      setThreads?.(count);
      return setThreads !== undefined;
    },
    hugePages: () => new HugePages(system),
  };
}

/** Low words of the first 64-bit integers, which hold every row number and -1, on a little-endian machine. */
export function lowWords(integers: ArrayBufferLike, count = integers.byteLength / 8): Int32Array {
  const words = new Int32Array(integers);
  const low = new Int32Array(count);
  for (let i = 0; i < low.length; i++) low[i] = words[2 * i]!;
  return low;
}

/** "Error in void faiss::f() at /a/b.cpp:1: Error: 'x' failed: words" is for FAISS's authors: keep what was checked, and the words. */
function cleaned(text: string | null): string {
  return (text ?? "an error without words").replace(/^Error in .*? at \S+:\d+: /s, "").trim();
}

function symbolOf(library: LibraryHandle, signature: string): ((...args: unknown[]) => unknown) | undefined {
  try {
    return library.func(signature);
  } catch {
    return undefined; // built without OpenMP: one thread, always
  }
}

/** Set variables for libraries that read them from C, and not over what a person set; returns what takes them back. */
function withEnvironment(system: LibraryHandle, variables: Record<string, string>): () => void {
  const get = system.func("const char *getenv(const char *name)");
  const set = system.func("int setenv(const char *name, const char *value, int overwrite)");
  const unset = system.func("int unsetenv(const char *name)");
  const added = Object.entries(variables).filter(([name]) => get(name) === null);
  for (const [name, value] of added) set(name, value, 1);
  return () => {
    for (const [name] of added) unset(name);
  };
}

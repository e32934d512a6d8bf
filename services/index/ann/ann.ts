/** How two vectors are compared. Scores are always "higher is better". */
export type AnnMetric =
  /** Inner product; the cosine when the vectors have unit length. */
  | "ip"
  /** The negative squared Euclidean distance. */
  | "l2";

export type AnnEngineName = "faiss" | "faiss-node" | "weaviate";

/** How thoroughly one search looks; what a graph has no use for is left aside, and absent means the graph's own default. */
export interface AnnParams {
  /** HNSW: candidates kept while searching, 1 to 65,536. */
  efSearch?: number;
  /** IVF: cells that are visited, 1 or more. */
  nprobe?: number;
  /** RFlat: so many times k candidates are measured exactly, 1 or more; default 2, behind codes of four bits 5. */
  refine?: number;
}

export interface AnnQuery {
  /** `[n, dimensions]`, row by row; finite values. Not changed, and not to be changed until the answer is there. */
  vectors: Float32Array;
  /** Neighbours for each query, 1 or more. */
  k: number;
  params?: AnnParams;
  /** A search that has not begun is dropped; one that has begun goes on, and its answer is. The promise rejects with the reason. */
  signal?: AbortSignal;
}

export interface AnnRangeQuery extends Omit<AnnQuery, "k"> {
  minScore: number;
}

/** The answer to one query. */
export interface AnnRangeAnswer {
  labels: Int32Array;
  scores: Float32Array;
}

export interface AnnAnswer {
  /** `[n, k]` row numbers as given at build, best first; -1 where fewer than k were found. */
  labels: Int32Array;
  /** `[n, k]`, as the engine measured them (a quantised index measures roughly); -Infinity beside a label of -1. */
  scores: Float32Array;
  /** About how long the search takes without waiting for anything, microseconds; absent where the engine cannot tell. */
  workUs?: number | undefined;
}

/** A graph over rows that do not change. */
export interface AnnGraph {
  readonly dimensions: number;
  readonly metric: AnnMetric;
  /** Rows in the graph: labels are 0 to count - 1. */
  readonly count: number;
  /** Whether scores are those of whole vectors, but for float32's rounding: then the best of what it finds come first. */
  readonly measuresExactly: boolean;
  /** Bytes that the graph holds in memory, its copy of the vectors included; an estimate where the engine does not tell. */
  readonly memoryBytes: number;
  /**
   * The approximate nearest rows.
   * @throws {RangeError} vectors or parameters of the wrong size
   * @throws {AnnError} what the engine says; or the graph was closed
   */
  search(query: AnnQuery): Promise<AnnAnswer>;
  /**
   * All rows that score `minScore` or more, best first. Approximate as `search` is.
   * @throws {AnnError} this kind of index cannot
   */
  searchRange?(query: AnnRangeQuery): Promise<AnnRangeAnswer[]>;
  /** Write the graph to a file, with a checksum: aside first, so that the file is the old one or the new one, whatever happens. */
  write(file: string): Promise<void>;
  /** Wait for searches and writes that have begun, then free the memory. What comes later is refused. Twice is once. */
  close(): Promise<void>;
}

export interface AnnBuild {
  dimensions: number;
  metric: AnnMetric;
  /** What to build, in FAISS's words: "HNSW16,Flat", "IVF256,PQ196x4fs,RFlat", … */
  factory: string;
  /** Rows, 1 or more. */
  count: number;
  /**
   * Rows `first` to `first + count - 1` as `[count, dimensions]`, a copy or a view that stays as it is until the next call.
   * Asked for in order, each row once; where a codec must be trained, a sample is asked for before that.
   */
  rows(first: number, count: number): Float32Array;
  /** Stops the build between two steps; the promise rejects with the reason. */
  signal?: AbortSignal;
  /** Rows done, of all. Training counts for nothing. */
  onProgress?(done: number, total: number): void;
}

/** Builds and opens graphs, off the event loop. */
export interface AnnEngine {
  readonly name: AnnEngineName;
  /** Version of the library and of the code path in use: "1.12.0 avx512". */
  readonly version: string;
  /** Where the library was found. */
  readonly source: string;
  /** @throws {AnnError} the factory string or the data do not suit the engine; the message says why */
  build(build: AnnBuild): Promise<AnnGraph>;
  /** @throws {AnnError} the file is damaged, or holds a graph of other dimensions or another metric */
  open(file: string, expected: { dimensions: number; metric: AnnMetric }): Promise<AnnGraph>;
  /** Close the graphs that are still open, then the engine. */
  close(): Promise<void>;
}

/** What starting an engine gives: the engine, or why there is none on this machine and what would change that. */
export type AnnStart = { available: true; engine: AnnEngine } | { available: false; reason: string };

/** The engine refused or failed; the message is for a person, the cause has the engine's own words. */
export class AnnError extends Error {
  override readonly name = "AnnError";
}

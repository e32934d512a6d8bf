import type { SharedRows } from "./shared-rows.ts";

/** Inner product, or negative squared Euclidean distance: a higher score is better in both. Cosine is `ip` over unit vectors. */
export type Metric = "ip" | "l2";

/** Rows of one block that a scan looks at: from `first` up to `count`, of these only what `accepted` or `list` lets in. */
export interface ScanBlock {
  rows: SharedRows;
  /** Rows in use, 0 to `rows.capacity`. */
  count: number;
  /** Rows before it are left out; not together with `list`. Default 0. */
  first?: number;
  /** Number of the block's row 0 in the answer; default: the capacities of the blocks before it, added up. */
  base?: number;
  /** Bitmap of at least `count` bits, bit `row & 7` of byte `row >> 3`; absent: all. Not to be changed before the answer. */
  accepted?: Uint8Array;
  /** Only these rows, each once, each below `count`, in any order; not together with `accepted`. Not to be changed before the answer. */
  list?: Uint32Array;
  /** That the rows of `list` ascend, so that nobody has to look whether they do. */
  ascending?: boolean;
}

export interface ScanRequest {
  blocks: readonly ScanBlock[];
  /** `[n, dimensions]`, finite. Read at once: may be changed after the call. */
  queries: Float32Array;
  /** Rows wanted, 1 or more. */
  k: number;
  metric: Metric;
  /** Rows below it are left out. */
  minScore?: number;
  /** Told once, before the answer, how long all of it took where it ran, microseconds: without waiting, all threads together. */
  onWork?: (us: number) => void;
  /** Ends a long scan early; the promise then rejects with its reason. */
  signal?: AbortSignal;
}

/** What one query found: best first, equal scores by row; `k` rows and all that share the last one's score, at most {@link TIES}. */
export interface ScanResult {
  /** `base` of the block + row in the block. */
  rows: Uint32Array;
  scores: Float32Array;
}

/** Most rows that an answer holds, when `k` is not more. */
export const TIES = 4096;

/** What answers scans: `ScanPool`. */
export interface Scanner {
  /**
   * The exact best rows for each query.
   *
   * Sees the rows, bitmaps and lists as they are while it runs: rows below `count` must not be written meanwhile.
   *
   * @throws RangeError if the request does not fit together; what `signal` was aborted with.
   */
  scan(request: ScanRequest): Promise<ScanResult[]>;
  /** The same without waiting, of a scan that is shorter than the way to a thread and back; undefined: ask `scan`. */
  scanNow?(request: ScanRequest): ScanResult[] | undefined;
  /** Ends the threads; scans under way reject. */
  close(): Promise<void>;
}

import type { AnnEngine, AnnParams } from "../ann/ann.ts";
import type { RowFilter } from "./attributes.ts";
import type { Plan } from "./planner.ts";

/**
 * How vectors are compared; higher is better. `cosine`: the vectors have unit length, scores are kept within -1 to 1.
 * `ip`: inner product. `l2`: the negative squared distance.
 */
export type VectorMetric = "cosine" | "ip" | "l2";

/** An item that matched. */
export interface Neighbour {
  itemId: string;
  /** float32; the same on every replica, whatever the engine and the plan. */
  score: number;
}

export interface VectorSearch {
  /** As many finite values as the index has dimensions; unit length for cosine. */
  vector: Float32Array;
  /** At most this many neighbours, 1 or more. */
  k: number;
  /** Default: all rows. */
  filter?: RowFilter;
  /** Never use the graph. Default: the planner decides. */
  exact?: boolean;
  /** Only scores of at least this. */
  minScore?: number;
  /** For the graph. */
  params?: AnnParams;
  /** Ends a long search early; the promise then rejects with its reason. */
  signal?: AbortSignal;
}

export interface VectorAnswer {
  /** Best first; equal scores by item id. */
  neighbours: Neighbour[];
  plan: Plan;
}

/** Bytes held in memory, by what holds them. Ids are an estimate: strings are the runtime's. */
export interface VectorMemory {
  vectors: number;
  columns: number;
  postings: number;
  ids: number;
  graph: number;
  total: number;
}

/** The graph that an index keeps beside its rows. */
export interface GraphOptions {
  engine: AnnEngine;
  /** What to build, in FAISS's words, by the number of rows: small and large sets want different graphs. */
  factory: (count: number) => string;
  /** Used where a search names none. Default: the graph's own. */
  params?: AnnParams;
  /** Ask the graph wherever it may answer, even where a scan is expected to be cheaper. Default false. */
  prefer?: boolean;
}

/** When rows and graph are made anew. */
export interface RebuildSettings {
  /** Fewer live rows than this have no graph: they are scanned. Default 20,000. */
  minGraphRows: number;
  /** Rows newer than the graph, as a share of all, above which the graph is built again. Default 0.1. */
  maxNewShare: number;
  /** Above this share the graph is built again once nothing was written for `quietMs`. Default 0.01. */
  quietNewShare: number;
  /** Default 10,000. */
  quietMs: number;
  /** Dead rows, as a share of all, above which rows are moved together (and the graph is built again). Default 0.25. */
  maxDeadShare: number;
  /** Below this many dead rows nothing is moved together. Default 1,000. */
  minDeadRows: number;
  /** First wait after a failure; doubled with each further one up to `maxBackoffMs`. Default 1,000. */
  backoffMs: number;
  /** Default 300,000. */
  maxBackoffMs: number;
}

/** How making anew goes. */
export interface RebuildState {
  /** What is under way; "waiting" after a failure until the next try. */
  phase: "idle" | "copying" | "building" | "swapping" | "waiting";
  /** Rows done and rows in all of the phase that is under way. */
  done: number;
  total: number;
  /** Times that it succeeded since the start. */
  completed: number;
  /** Failures in a row; 0 after a success. */
  failures: number;
  lastError: string | undefined;
}

/** What an owner may log or count. */
export type VectorEvent =
  | { kind: "rebuilt"; rows: number; graph: string | undefined; compacted: boolean; ms: number }
  | { kind: "rebuild-failed"; error: Error; failures: number; retryInMs: number }
  | { kind: "graph-failed"; error: Error };

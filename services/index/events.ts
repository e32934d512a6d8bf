import type { Filter } from "./filter.ts";
import type { SnapshotEvent, SnapshotInfo } from "./vectors/snapshot/store-snapshots.ts";
import type { VectorAnswer, VectorEvent } from "./vectors/types.ts";

/** A search of one index that a caller got an answer to. */
export interface AnsweredSearch {
  /** Name of the index. */
  index: string;
  /** Not to be changed. */
  vector: Float32Array;
  k: number;
  /** Absent: the catalogue only. */
  filter?: Filter;
  minScore?: number;
  exact: boolean;
  params?: { efSearch?: number; nprobe?: number };
  answer: VectorAnswer;
  /** Change that was applied last when the search began: the state that it saw. */
  seq: bigint;
  /** From the call to the answer. */
  ms: number;
}

/** What the Index tells those who watch it. */
export interface IndexEventMap {
  answered: AnsweredSearch;
  /** A search ended without an answer, not because its caller had gone. */
  failed: { index: string; error: unknown };
  /** Rows and graph of an index were made anew, or that failed. */
  vectors: { index: string; event: VectorEvent };
  snapshot: SnapshotEvent | { kind: "failed"; error: Error } | { kind: "restored"; info: SnapshotInfo };
}

/** Hands events to listeners, at once and in the order in which these came. A listener must neither throw nor wait. */
export class IndexEvents {
  readonly #listeners: { [Kind in keyof IndexEventMap]: Set<(event: IndexEventMap[Kind]) => void> } = {
    answered: new Set(),
    failed: new Set(),
    vectors: new Set(),
    snapshot: new Set(),
  };

  /** @returns what ends it. */
  on<Kind extends keyof IndexEventMap>(kind: Kind, listener: (event: IndexEventMap[Kind]) => void): () => void {
    this.#listeners[kind].add(listener);
    return () => void this.#listeners[kind].delete(listener);
  }

  tell<Kind extends keyof IndexEventMap>(kind: Kind, event: IndexEventMap[Kind]): void {
    for (const listener of this.#listeners[kind]) listener(event);
  }
}

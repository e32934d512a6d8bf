import { lowerBound, upperBound } from "./recall.ts";
import { TimeSlices } from "./time-slices.ts";

const SLICE_MS = 60_000;
const SLICES = 10;

/** The recall of an index in the last ten minutes. */
export interface LiveRecall {
  /** Of all searches: exact ones count as 1, the others as `graph`, by how many there were; 1 while there was none. 0 to 1. */
  all: number;
  /** Mean of the searches that were answered by the graph and measured; 1 while none was. 0 to 1. */
  graph: number;
  /** Ends of Wilson's 95 % interval of `graph`; 0 and 1 while nothing was measured. */
  low: number;
  high: number;
  /** Searches that were measured. */
  samples: number;
}

/**
 * What is known of the recall of one index. The interval takes a whole search for one trial, not each of its neighbours:
 * these are missed together, so that counting them apart would pretend to know more than is known.
 */
export class RecallWindow {
  readonly #sums: TimeSlices<"exact" | "graph" | "samples" | "recall">;
  #generation = 0;

  constructor(nowMs: () => number) {
    const names = ["exact", "graph", "samples", "recall"] as const;
    this.#sums = new TimeSlices({ names, sliceMs: SLICE_MS, slices: SLICES, nowMs });
  }

  /** A search was answered. */
  answered(how: "exact" | "graph"): void {
    this.#sums.add(how);
  }

  /** Which graph this is; to be given back with what was measured of it. */
  get generation(): number {
    return this.#generation;
  }

  /** Recall of a search, 0 to 1, that the graph of this generation answered; left aside if that one is gone. */
  measured(recall: number, generation: number): void {
    if (generation !== this.#generation) return;
    this.#sums.add("samples");
    this.#sums.add("recall", recall);
  }

  /** There is another graph: what was measured says nothing of it. */
  graphReplaced(): void {
    this.#generation++;
    for (const name of ["graph", "samples", "recall"] as const) this.#sums.forget(name);
  }

  get value(): LiveRecall {
    const [exact, answered] = [this.#sums.sum("exact"), this.#sums.sum("graph")];
    const [samples, recall] = [this.#sums.sum("samples"), this.#sums.sum("recall")];
    const graph = samples > 0 ? Math.min(1, recall / samples) : 1;
    return {
      all: exact + answered > 0 ? (exact + answered * graph) / (exact + answered) : graph,
      graph,
      low: lowerBound(graph * samples, samples),
      high: upperBound(graph * samples, samples),
      samples,
    };
  }
}

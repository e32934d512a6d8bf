import { TimeSlices } from "../recall/time-slices.ts";
import { COSTS, type HealthParts, healthParts, healthScore, PART_NAMES } from "./health-score.ts";

/** Failed searches count for a minute. */
const SLICE_MS = 5_000;
const SLICES = 12;

/** An index, as far as its health is concerned. */
export interface JudgedIndex {
  name: string;
  /** Undefined before its first vector. */
  vectors: { readonly count: number; readonly tombstones: number } | undefined;
}

export interface IndexHealthOptions {
  indexes(): readonly JudgedIndex[];
  /** What is known of the change log. */
  log: { readonly lag: number; readonly connected: boolean };
  /** Recall of an index's graph that its measurements still allow, 0 to 1. */
  recall(index: string): number;
  /** Age of the newest snapshot as a multiple of the time between two; 0 where none are written. */
  snapshotsLate(): number;
  /** Share of the memory that is free, 0 to 1. */
  memoryFree(): number;
  /** Changes that another replica has applied and this one has not. */
  behindOthers(): number;
  nowMs: () => number;
}

/** Judges the indices of this replica. */
export class IndexHealth {
  readonly #options: IndexHealthOptions;
  readonly #searches = new Map<string, TimeSlices<"all" | "failed">>();

  constructor(options: IndexHealthOptions) {
    this.#options = options;
  }

  /** A search ended; `failed`: through no fault of its caller. */
  searched(index: string, failed: boolean): void {
    let sums = this.#searches.get(index);
    if (!sums) {
      const { nowMs } = this.#options;
      sums = new TimeSlices({ names: ["all", "failed"] as const, sliceMs: SLICE_MS, slices: SLICES, nowMs });
      this.#searches.set(index, sums);
    }
    sums.add("all");
    if (failed) sums.add("failed");
  }

  parts({ name, vectors }: JudgedIndex): HealthParts {
    const { log, recall, snapshotsLate, memoryFree } = this.#options;
    const sums = this.#searches.get(name);
    const tombstones = vectors?.tombstones ?? 0;
    return healthParts({
      lag: log.lag,
      connected: log.connected,
      recall: recall(name),
      rows: (vectors?.count ?? 0) + tombstones,
      tombstones,
      snapshotsLate: snapshotsLate(),
      memoryFree: memoryFree(),
      searches: sums?.sum("all") ?? 0,
      errors: sums?.sum("failed") ?? 0,
    });
  }

  score(index: JudgedIndex): number {
    return healthScore(this.parts(index));
  }

  /**
   * The score that decides whether this replica serves: that of its worst index, without what all replicas have in common.
   * A log that is away is away for all of them, and what was written a moment ago none has applied; so only being behind
   * another replica counts. The one that is furthest is never behind: they do not all leave because of that.
   */
  serving(): { score: number; worst: string } {
    const freshness = healthParts({ ...NOTHING_WRONG, lag: this.#options.behindOthers() }).freshness;
    const judged = this.#options.indexes().map((index) => {
      const parts = { ...this.parts(index), connection: 1, freshness };
      return { score: healthScore(parts), worst: `${worstOf(parts)} of ${index.name}` };
    });
    return judged.reduce((a, b) => (b.score < a.score ? b : a), { score: 1, worst: "nothing" });
  }
}

const NOTHING_WRONG = {
  ...{ lag: 0, connected: true, recall: 1, rows: 0, tombstones: 0 },
  ...{ snapshotsLate: 0, memoryFree: 1, searches: 0, errors: 0 },
};

function worstOf(parts: HealthParts): keyof HealthParts {
  const lost = (name: keyof HealthParts) => COSTS[name] * (1 - parts[name]);
  return PART_NAMES.reduce((a, b) => (lost(b) > lost(a) ? b : a));
}

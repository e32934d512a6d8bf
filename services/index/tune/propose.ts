import type { AnnParams } from "../ann/ann.ts";

/** What one configuration measured. */
export interface Measured {
  /** "" is the exact scan. */
  factory: string;
  params: AnnParams;
  recall: number;
  recallLow: number;
  meanMs: number;
  p95Ms: number;
  memoryBytes: number;
  buildMs: number;
}

export interface Proposal {
  measured: Measured;
  reachedTarget: boolean;
  /** Lines for the environment. */
  settings: string[];
  reason: string;
}

/** A larger graph is not worth less than this share of the time. */
const WORTH = 0.1;

/** The fastest that finds enough; of those that are about as fast, the smallest. Without one, the one that finds the most. */
export function propose(trials: readonly Measured[], targetRecall: number, engine: string): Proposal {
  const enough = trials.filter(({ recall }) => recall >= targetRecall);
  const fastest = [...enough].sort((a, b) => a.meanMs - b.meanMs)[0];
  if (!fastest) {
    const measured = [...trials].sort((a, b) => b.recall - a.recall || a.meanMs - b.meanMs)[0]!;
    const reason = `nothing found ${targetRecall} of the nearest; this found the most`;
    return { measured, reachedTarget: false, settings: settingsOf(measured, engine), reason };
  }
  const near = enough.filter(({ meanMs }) => meanMs <= fastest.meanMs * (1 + WORTH));
  const measured = near.sort((a, b) => a.memoryBytes - b.memoryBytes || a.meanMs - b.meanMs)[0]!;
  const others = `${enough.length} of ${trials.length} configurations found at least ${targetRecall}`;
  const reason =
    measured === fastest
      ? `${others}; this is the fastest`
      : `${others}; this takes the least memory of those that are about as fast as the fastest, ${fastest.factory}`;
  return { measured, reachedTarget: true, settings: settingsOf(measured, engine), reason };
}

function settingsOf({ factory, params }: Measured, engine: string): string[] {
  if (factory === "") return ["INDEX_ENGINE=flat"];
  return [
    `INDEX_ENGINE=${engine}`,
    `INDEX_FACTORY=${factory}`,
    ...(params.efSearch ? [`INDEX_EF_SEARCH=${params.efSearch}`] : []),
    ...(params.nprobe ? [`INDEX_NPROBE=${params.nprobe}`] : []),
  ];
}

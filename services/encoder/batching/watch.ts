import type { DropReason, LateReason, Priority, RefusalReason } from "./job.ts";

/** Told what a batcher does, as it happens; for metrics. */
export interface BatchWatch {
  /** Jobs of a class that wait now. */
  depth?(priority: Priority, waiting: number): void;
  /** A job left the queue to be computed, after waiting so long. */
  waited?(priority: Priority, ms: number): void;
  /**
   * A run begins. `expired`: jobs in it whose deadline has passed. `overtaken`: interactive jobs that wait while it is a
   * bulk one. Both are 0 as long as the batcher keeps its word.
   */
  began?(run: { priority: Priority; expired: number; overtaken: number }): void;
  /** A run ended. */
  ran?(run: { shape: string; priority: Priority; rows: number; jobs: number; ms: number; ok: boolean }): void;
  /** A job was not taken. */
  refused?(priority: Priority, reason: RefusalReason): void;
  /** A job that waited was not computed. */
  dropped?(priority: Priority, reason: DropReason): void;
  /** A job was computed for nothing. */
  late?(priority: Priority, reason: LateReason): void;
}

/** Every job that was submitted is in exactly one of the others, or still waits or runs. */
export interface BatchCounts {
  submitted: number;
  answered: number;
  failed: number;
  refused: Record<RefusalReason, number>;
  dropped: Record<DropReason, number>;
  late: Record<LateReason, number>;
}

export function noCounts(): BatchCounts {
  return {
    submitted: 0,
    answered: 0,
    failed: 0,
    refused: { queue_full: 0, deadline_too_close: 0, closed: 0 },
    dropped: { deadline: 0, aborted: 0, displaced: 0 },
    late: { deadline: 0, aborted: 0 },
  };
}

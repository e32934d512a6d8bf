/** Somebody waits for an interactive call; bulk is work that may take its time. */
export type Priority = "interactive" | "bulk";

/** Both, the one that goes first first. */
export const PRIORITIES: readonly Priority[] = ["interactive", "bulk"];

/** One piece of work for a {@link Batcher}. */
export interface Job<I> {
  input: I;
  /** Only jobs of the same shape share a batch. */
  shape: string;
  /** Rows that it takes in a batch, a whole number from 1; default 1. */
  size?: number | undefined;
  /** On the batcher's clock; `Infinity`: none. After it the answer is of no use. */
  deadlineMs: number;
  priority: Priority;
  /** Who gets a fair share; callers that are not told apart share one. */
  caller: string;
  /** When aborted, the job is not computed any more and rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Why a job was not taken. */
export type RefusalReason = "queue_full" | "deadline_too_close" | "closed";

/** Why a job that had been taken was not computed. */
export type DropReason = "deadline" | "aborted" | "displaced";

/** Why the result of a job that was computed was not given: it was over before. */
export type LateReason = "deadline" | "aborted";

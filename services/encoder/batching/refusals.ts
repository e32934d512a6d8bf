/** So much waits already that one more is not taken. */
export class QueueFullError extends Error {
  override name = "QueueFullError";
  /** When there will be room again, by estimate; in milliseconds, at least 1. */
  readonly retryAfterMs: number;

  constructor(waiting: number, most: number, retryAfterMs: number) {
    super(`expected at most ${most} waiting, got ${waiting}; come back in ${Math.ceil(retryAfterMs)} ms`);
    this.retryAfterMs = Math.max(1, retryAfterMs);
  }
}

/**
 * The answer would come after the deadline, by estimate; said at once, so that the caller can still do something else.
 */
export class DeadlineTooCloseError extends Error {
  override name = "DeadlineTooCloseError";
  /** When the same time would be enough, by estimate; in milliseconds, at least 1. */
  readonly retryAfterMs: number;

  constructor(neededMs: number, leftMs: number) {
    const excess = Math.max(1, neededMs - leftMs);
    const [needed, left] = [Math.ceil(neededMs), Math.floor(leftMs)];
    super(`expected ${needed} ms for waiting and computing, got ${left} ms until the deadline; allow more time`);
    this.retryAfterMs = excess;
  }
}

/** The deadline passed, or became unreachable, before there was an answer. */
export class DeadlinePassedError extends Error {
  override name = "DeadlinePassedError";

  constructor(where: string) {
    super(`the deadline passed ${where}`);
  }
}

/** The batcher takes no more: it is finishing what it has. */
export class BatcherClosedError extends Error {
  override name = "BatcherClosedError";

  constructor() {
    super("no more work is taken: what is queued is being finished");
  }
}

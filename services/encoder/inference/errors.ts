/** The inference process ended, or was ended, before it answered; the run itself may be good. */
export class InferenceLostError extends Error {
  override name = "InferenceLostError";
  /** Whether it may have been computing this run, which then may be what ended it. */
  readonly begun: boolean;

  constructor(message: string, { begun = true }: { begun?: boolean } = {}) {
    super(message);
    this.begun = begun;
  }
}

/** The inference process answered that the graph could not be run: the feeds do not fit, or it ran out of memory. */
export class InferenceFailedError extends Error {
  override name = "InferenceFailedError";
}

/** The graphs could not be opened: a file is missing, corrupt, or of an opset that is not known. */
export class CannotOpenError extends Error {
  override name = "CannotOpenError";
}

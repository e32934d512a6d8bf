/** A snapshot file is not what was written: cut short, changed, or of another format. */
export class CorruptSnapshotError extends Error {
  override readonly name = "CorruptSnapshotError";
}

/** A snapshot could not be written; what was there before still is. */
export class SnapshotWriteError extends Error {
  override readonly name = "SnapshotWriteError";
  readonly kind: "disk full" | "failed";

  constructor(folder: string, cause: unknown) {
    const full = ["ENOSPC", "EDQUOT"].includes((cause as NodeJS.ErrnoException)?.code ?? "");
    const what = full ? "the disk is full" : cause instanceof Error ? cause.message : String(cause);
    super(`no snapshot was written to ${folder}: ${what}; the one before is kept`, { cause });
    this.kind = full ? "disk full" : "failed";
  }
}

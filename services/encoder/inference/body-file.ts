import { randomUUID } from "node:crypto";
import { closeSync, existsSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** The system's file system in memory; others than Linux have none. */
const MEMORY = "/dev/shm";
/** Smaller bodies fit a pipe's buffer, larger ones shall not lie in memory twice for good. */
const LEAST_BYTES = 64 * 2 ** 10;
const MOST_BYTES = 32 * 2 ** 20;
/** Distance between two regions of the file, which is sparse: what was never written takes no memory. */
const REGION_BYTES = 2 ** 30;

/**
 * A file in memory through which the large bodies of frames go: a pipe holds 200 KB, so a batch of photographs would go
 * through it in many pieces, and between them parent and inference process wait for each other. It has two regions, taken
 * in turn, because at most two runs are under way in a process.
 *
 * Only the parent writes; what was written is read before the same region is written again.
 */
export class BodyFile {
  readonly path: string;
  readonly #fd: number;
  #next = 0;

  /** A new one for one inference process; undefined where there is no file system in memory, or no room in it. */
  static create(folder = MEMORY): BodyFile | undefined {
    if (!existsSync(folder)) return undefined;
    try {
      return new BodyFile(join(folder, `flashfit-${randomUUID()}`));
    } catch (error) {
      if (isFull(error) || (error as NodeJS.ErrnoException).code === "EACCES") return undefined;
      throw error;
    }
  }

  private constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, "wx+", 0o600);
  }

  /**
   * Write a body, its chunks one after the other.
   * @returns its region, from 1 on; 0: it is too small, too large or there is no room, so it has to go another way.
   */
  write(chunks: readonly Uint8Array[]): number {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (bytes < LEAST_BYTES || bytes > MOST_BYTES) return 0;
    let position = this.#next * REGION_BYTES;
    try {
      for (const chunk of chunks) {
        for (let at = 0; at < chunk.length; ) {
          const written = writeSync(this.#fd, chunk, at, chunk.length - at, position);
          at += written;
          position += written;
        }
      }
    } catch (error) {
      if (isFull(error)) return 0;
      throw error;
    }
    this.#next = 1 - this.#next;
    return 2 - this.#next;
  }

  /** Both sides have it open: it needs no name any more, and goes when they do. Idempotent. */
  unlink(): void {
    rmSync(this.path, { force: true });
  }

  close(): void {
    this.unlink();
    closeSync(this.#fd);
  }
}

/** The other end of a {@link BodyFile}. */
export class BodyReader {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, "r");
  }

  /** Fill `into` with the body in a region; false when it is not all there. */
  read(region: number, into: Uint8Array): boolean {
    const from = (region - 1) * REGION_BYTES;
    for (let at = 0; at < into.length; ) {
      const read = readSync(this.#fd, into, at, into.length - at, from + at);
      if (read === 0) return false;
      at += read;
    }
    return true;
  }
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

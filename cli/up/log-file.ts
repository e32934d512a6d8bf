import { closeSync, existsSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";

const MAX_BYTES = 10 * 1024 * 1024;
const KEPT = 3;
const TAIL_LINES = 20;

/** A log that is moved aside at `maxBytes`: name.log, then name.log.1 … name.log.3, the oldest last. */
export class LogFile {
  readonly path: string;
  readonly #maxBytes: number;
  #descriptor: number;
  #bytes: number;
  #tail: string[] = [];
  #unfinished = "";

  constructor(path: string, maxBytes = MAX_BYTES) {
    this.path = path;
    this.#maxBytes = maxBytes;
    this.#descriptor = openSync(path, "a", 0o600);
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  write(chunk: Buffer): void {
    if (this.#bytes > 0 && this.#bytes + chunk.length > this.#maxBytes) this.#rotate();
    writeSync(this.#descriptor, chunk);
    this.#bytes += chunk.length;
    const lines = (this.#unfinished + chunk.toString()).split("\n");
    this.#unfinished = lines.pop() ?? "";
    this.#tail = [...this.#tail, ...lines.filter((line) => line !== "")].slice(-TAIL_LINES);
  }

  /** The last lines written since `forgetTail`, at most 20. */
  tail(): string[] {
    return this.#unfinished === "" ? this.#tail : [...this.#tail, this.#unfinished];
  }

  /** A new process begins: what the last one said is not its doing. */
  forgetTail(): void {
    this.#tail = [];
    this.#unfinished = "";
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #rotate(): void {
    closeSync(this.#descriptor);
    for (let n = KEPT - 1; n >= 0; n--) {
      const from = n === 0 ? this.path : `${this.path}.${n}`;
      if (existsSync(from)) renameSync(from, `${this.path}.${n + 1}`);
    }
    this.#descriptor = openSync(this.path, "a", 0o600);
    this.#bytes = 0;
  }
}

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const PEER = fileURLToPath(new URL("faiss-peer.py", import.meta.url));

export interface Measured {
  queries: number;
  /** Seconds. */
  cpu: number;
  /** Seconds. */
  wall: number;
}

/** FAISS in Python, in a process that waits while others measure. */
export class FaissPython {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #ended: Promise<never>;

  constructor(python: string) {
    const env = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
    this.#child = spawn(python, [PEER], { stdio: ["pipe", "pipe", "inherit"], env });
    this.#lines = createInterface(this.#child.stdout);
    this.#ended = once(this.#child, "close").then(([code]) => {
      throw new Error(`python ended with ${code}: pip install faiss-cpu numpy, and set FAISS_PYTHON to that python`);
    });
    this.#ended.catch(() => {}); // said to whoever asks
  }

  async ask<T>(task: Record<string, unknown>): Promise<T> {
    const answered = once(this.#lines, "line");
    this.#child.stdin.write(`${JSON.stringify(task)}\n`);
    const [line] = (await Promise.race([answered, this.#ended])) as [string];
    return JSON.parse(line) as T;
  }

  end(): void {
    this.#child.stdin.end();
  }
}

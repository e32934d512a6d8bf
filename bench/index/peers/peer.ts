import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("peer.py", import.meta.url));

/** What a measurement of a peer gives. */
export interface PeerSearches {
  /** Processor seconds. */
  cpu: number;
  /** Row numbers, k a query; -1: none. */
  labels: number[];
}

/** A package that the peer needs is not there. */
export class PeerMissing extends Error {
  override name = "PeerMissing";
}

/** Vector libraries in Python, in a process that waits while others measure. PYTHON: FAISS_PYTHON, or python3. */
export class Peer {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(python = process.env.FAISS_PYTHON ?? "python3") {
    const env = { ...process.env, OMP_NUM_THREADS: "2", OPENBLAS_NUM_THREADS: "1" };
    this.#child = spawn(python, [PROGRAM], { stdio: ["pipe", "pipe", "inherit"], env });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @throws PeerMissing, and an error when the peer has ended */
  async ask<T>(task: Record<string, unknown>): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(task)}\n`);
    const { value, done } = await this.#lines.next();
    if (done)
      throw new PeerMissing(
        "python ended: pip install numpy hnswlib usearch faiss-cpu, and set FAISS_PYTHON to that python",
      );
    const answer = JSON.parse(value) as T & { missing?: string };
    if (answer.missing) throw new PeerMissing(`${answer.missing}: pip install numpy hnswlib usearch faiss-cpu`);
    return answer;
  }

  async end(): Promise<void> {
    const closed = once(this.#child, "close");
    this.#child.stdin.end();
    await closed;
  }
}

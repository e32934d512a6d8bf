import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const INSTALL = "pip install numpy faiss-cpu hnswlib usearch, and set FAISS_PYTHON to that python";

/** What was asked for needs a Python, or a package of it, that is not there; the message says what to install. */
export class PythonMissing extends Error {
  override name = "PythonMissing";
}

/**
 * A program in Python beside us, in a process that waits while others measure: a task is a line of JSON, and so is its answer.
 * The Python is FAISS_PYTHON, or python3.
 */
export class Python {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  /** Resolves when it has ended, or could not begin, and says so. */
  readonly #why: Promise<string>;

  /** @param program beside this file @param threads of OpenMP, at most */
  constructor(program: string, threads = 1) {
    const env = {
      ...process.env,
      OMP_NUM_THREADS: String(threads),
      OPENBLAS_NUM_THREADS: "1",
      PYTHONDONTWRITEBYTECODE: "1",
    };
    const file = fileURLToPath(new URL(program, import.meta.url));
    this.#child = spawn(process.env.FAISS_PYTHON ?? "python3", [file], { stdio: ["pipe", "pipe", "inherit"], env });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#why = once(this.#child, "close").then(
      ([code]) => `python ended with ${code}`,
      (error: Error) => `python does not start (${error.message})`,
    );
    // Whoever asks is told why nobody reads.
    this.#child.stdin.on("error", () => {});
  }

  /** @throws PythonMissing also when the program has ended: it wrote why. */
  async ask<T>(task: object): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(task)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new PythonMissing(`${await this.#why}: ${INSTALL}`);
    const answer = JSON.parse(value) as T & { missing?: string };
    if (answer.missing) throw new PythonMissing(`${answer.missing}: ${INSTALL}`);
    return answer;
  }

  /** Also when it has ended, or never began. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#why;
  }
}

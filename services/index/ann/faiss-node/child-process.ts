import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { AnnError } from "../ann.ts";
import type { ChildReply, ChildTask } from "./child.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));
const KEPT_STDERR = 4_000;

/** One life of a process with faiss-node, which holds one index. It answers in the order it is asked. */
export class FaissNodeProcess {
  readonly #child: ChildProcess;
  readonly #pending: { resolve(reply: ChildReply): void; reject(error: Error): void }[] = [];
  /** Resolves with what is to be said of it, once the process has ended. */
  readonly #ended: Promise<AnnError>;
  #error: AnnError | undefined;
  #stderr = "";

  /** @throws {AnnError} the package cannot be loaded */
  static async start(module: string): Promise<FaissNodeProcess> {
    const started = new FaissNodeProcess(module);
    await new Promise<ChildReply>((resolve, reject) => started.#pending.push({ resolve, reject }));
    return started;
  }

  private constructor(module: string) {
    this.#child = fork(CHILD, [module], { serialization: "advanced", stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#child.stderr!.setEncoding("utf8");
    this.#child.stderr!.on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR);
    });
    this.#child.on("message", (reply: ChildReply) => {
      const asked = this.#pending.shift();
      if (reply.error === undefined) asked?.resolve(reply);
      else asked?.reject(new AnnError(`faiss-node: ${reply.error}`));
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(new AnnError(`faiss-node could not be started: ${error.message}`)));
      this.#child.once("close", (code, signal) => resolve(lastWords(this.#stderr, signal ?? `code ${code}`)));
    });
    void this.#ended.then((error) => {
      this.#error = error;
      for (const { reject } of this.#pending.splice(0)) reject(error);
    });
  }

  /** @throws {AnnError} faiss-node refused, or the process has ended: FAISS's words are in the message */
  async run(task: ChildTask): Promise<ChildReply> {
    if (this.#error) throw this.#error;
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      // That it could not be sent is said by the end of the process.
      this.#child.send(sendable(task), () => {});
    });
  }

  /** End it, whatever it is doing: what it holds is on disk or of no use. */
  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

/** Memory that is shared within a process cannot be sent to another one. */
function sendable(task: ChildTask): ChildTask {
  if (!("vectors" in task) || !(task.vectors.buffer instanceof SharedArrayBuffer)) return task;
  return { ...task, vectors: new Float32Array(task.vectors) };
}

/** What FAISS said when its exception ended the process ("what():  Error in … failed: words"), or the last line. */
export function lastWords(stderr: string, how: string): AnnError {
  const [, words] = /what\(\):\s+(.*)/s.exec(stderr) ?? [];
  const last =
    (words ?? stderr)
      .trim()
      .split("\n")
      .at(words === undefined ? -1 : 0) ?? "";
  const said = last.replace(/^Error in .*? at \S+:\d+: /, "");
  return new AnnError(`faiss-node: ${said || "nothing was said"} (its process ended: ${how})`);
}

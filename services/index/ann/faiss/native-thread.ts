import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { AnnError, type AnnMetric } from "../ann.ts";
import type { Pointer } from "./native.ts";

export interface ThreadOptions {
  /** The `libfaiss_c` to load. */
  library: string;
  /** Processors that a call may use. */
  threads: number;
}

export type NativeTask =
  | { op: "create"; dimensions: number; factory: string; metric: AnnMetric }
  | { op: "train" | "add"; index: Pointer; count: number; vectors: Float32Array }
  | { op: "read"; file: string; flags: number }
  | { op: "write"; index: Pointer; file: string }
  /** All that is to be built is: see `HugePages`. */
  | { op: "settle" };

export interface NativeReply {
  value?: Pointer | undefined;
  error?: string;
}

/** A thread for calls that take long: building, reading, writing. One call at a time. */
export class NativeThread {
  readonly #worker: Worker;
  readonly #ended: Promise<never>;

  constructor(options: ThreadOptions) {
    this.#worker = new Worker(new URL("./native-worker.ts", import.meta.url), { workerData: options });
    this.#ended = once(this.#worker, "exit").then(([code]) => {
      throw new AnnError(`the thread that builds and opens graphs ended with code ${code}`);
    });
    this.#ended.catch(() => {}); // said to whoever waits for a call
  }

  /**
   * Have one call made. Vectors in shared memory are read in place, others are copied.
   * @throws {AnnError} FAISS's words; or the thread ended
   */
  async run(task: NativeTask): Promise<Pointer | undefined> {
    this.#worker.postMessage(task);
    const [reply] = await Promise.race([once(this.#worker, "message") as Promise<[NativeReply]>, this.#ended]);
    if (reply.error !== undefined) throw new AnnError(reply.error);
    return reply.value ?? undefined;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

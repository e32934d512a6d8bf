import { Worker } from "node:worker_threads";
import type { Found } from "./kernel.ts";
import type { Task } from "./scan-job.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

/** What happens to a thread. */
export interface ThreadEvents {
  /** It has started, or has finished a slice: there is room for another one. */
  onRoom(): void;
  /** It has ended, whatever the reason; what it had not finished is `unfinished`. */
  onEnd(thread: ScanThread, unfinished: Task[], cause: unknown): void;
}

/** While one slice runs the next one waits in the thread, so that it is never idle for the way here and back. */
const MAX_UNDER_WAY = 2;

/** A worker thread and the slices that it is at. It keeps the process alive only while it has some. */
export class ScanThread {
  readonly #worker: Worker;
  /** Whether it ever answered. */
  started = false;
  readonly #underWay: Task[] = [];
  /** Blocks whose memory it has. */
  readonly #blocks = new Set<number>();
  #cause: unknown;
  #ending = false;

  constructor(events: ThreadEvents) {
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { execArgv: [] });
    this.#worker.on("message", (message: FromWorker) => {
      if (message.kind === "ready") this.started = true;
      else this.#finish(message.found);
      if (this.#underWay.length === 0 && !this.#ending) this.#worker.unref();
      events.onRoom();
    });
    this.#worker.on("error", (error) => {
      this.#cause = error;
    });
    this.#worker.once("exit", (code) => {
      events.onEnd(this, this.#underWay.splice(0), this.#cause ?? new Error(`the thread ended with ${code}`));
    });
  }

  /** Slices that can be handed to it now. */
  get room(): number {
    return this.started ? MAX_UNDER_WAY - this.#underWay.length : 0;
  }

  run(task: Task): void {
    const { block } = task.slice;
    const known = this.#blocks.has(block.id);
    this.#blocks.add(block.id);
    if (this.#underWay.push(task) === 1) this.#worker.ref();
    const slice = known ? { ...task.slice, block: { id: block.id } } : task.slice;
    this.#say({ kind: "run", slice });
  }

  forget(blockId: number): void {
    if (this.#blocks.delete(blockId)) this.#say({ kind: "forget", blockId });
  }

  /** End it, whatever it is at; resolves when it has ended. */
  async end(): Promise<void> {
    // What it said before may still arrive and must not let the process go while its end is waited for.
    this.#ending = true;
    await this.#worker.terminate();
  }

  #finish(found: Found): void {
    const task = this.#underWay.shift();
    task?.job.done(task, found);
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}

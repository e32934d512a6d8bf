import { availableParallelism } from "node:os";
import { eventLoop, Turn } from "../turn.ts";
import { Kernel } from "./kernel.ts";
import type { Scanner, ScanRequest, ScanResult } from "./scan.ts";
import { scanAtOnce } from "./scan-at-once.ts";
import { ScanJob, type Task } from "./scan-job.ts";
import { type ScanSize, sizeOf } from "./scan-size.ts";
import { ScanThread } from "./scan-thread.ts";
import type { SharedRows } from "./shared-rows.ts";

/** A scan that takes about as long is never handed to a thread, microseconds: saying what is wanted and hearing the answer takes as long. */
const NEVER_AWAY_US = 50;
/** Threads that end one after another without having started: there is no use in more. */
const MAX_FAILED_STARTS = 3;

export interface ScanPoolOptions {
  /** Worker threads, started when first needed; 0: everything runs on the event loop, a few milliseconds at a time. Default: one a processor. */
  threads?: number;
  /** Microseconds: a scan that takes about as long or less is done at once, before a thread would have answered; default: 100. */
  inlineUs?: number;
  /** The same for a scan beside which there is no other one: nobody waits, and several threads share more than it is worth; default: 300, at least `inlineUs`. */
  aloneUs?: number;
  /** The clock of the pool's own turns; default: it shares those of the event loop with all that is done there. */
  nowMs?: () => number;
}

/**
 * Exact scans on worker threads. Scans take turns slice by slice, so a small one does not wait for a large one; a thread
 * that dies is replaced and its slices are run again.
 */
export class ScanPool implements Scanner {
  readonly #size: number;
  readonly #inlineUs: number;
  readonly #aloneUs: number;
  readonly #turn: Turn;
  readonly #threads = new Set<ScanThread>();
  /** Scans with slices that wait, the next one first. */
  #waiting: ScanJob[] = [];
  readonly #open = new Set<ScanJob>();
  /** Scans that are done at once, and whose callers do not have the answer yet. */
  #atOnce = 0;
  readonly #seen = new WeakSet<SharedRows>();
  readonly #registry = new FinalizationRegistry<number>((id) => this.#forget(id));
  /** Made now, not with the first scan: that takes a few milliseconds. */
  readonly #kernel = new Kernel();
  #planned = false;
  #failedStarts = 0;
  #closed = false;

  constructor({
    threads = availableParallelism(),
    inlineUs = 100,
    aloneUs = inlineUs > 0 ? Math.max(300, inlineUs) : 0,
    nowMs,
  }: ScanPoolOptions = {}) {
    if (!Number.isInteger(threads) || threads < 0) throw new RangeError(`expected 0 or more threads, got ${threads}`);
    this.#size = threads;
    this.#inlineUs = inlineUs;
    this.#aloneUs = aloneUs;
    this.#turn = nowMs ? new Turn({ nowMs }) : eventLoop;
  }

  /** The worker threads that run now. */
  get threads(): readonly ScanThread[] {
    return [...this.#threads];
  }

  async scan(request: ScanRequest): Promise<ScanResult[]> {
    if (this.#closed) throw new Error("the scan pool is closed");
    const size = sizeOf(request);
    request.signal?.throwIfAborted();
    this.#watch(request);
    const alone = this.#open.size === 0 && this.#atOnce === 0;
    const atOnce = alone ? this.#aloneUs : this.#inlineUs;
    const never = alone || size.estimatedUs <= NEVER_AWAY_US;
    // Alone, the next turn is sooner there than a thread.
    if (size.estimatedUs <= atOnce && (never || !this.#turn.over)) return this.#scanHere(request, size);
    const job = new ScanJob(request, size, { threads: this.#size, turn: this.#turn });
    this.#open.add(job);
    this.#waiting.push(job);
    this.#pump();
    return job.result.finally(() => this.#open.delete(job));
  }

  scanNow(request: ScanRequest): ScanResult[] | undefined {
    const size = sizeOf(request);
    if (this.#closed || size.estimatedUs > Math.min(NEVER_AWAY_US, this.#inlineUs) || this.#turn.over) return undefined;
    request.signal?.throwIfAborted();
    this.#watch(request);
    return scanAtOnce(this.#kernel, request, size);
  }

  /** Let the threads go of a block that no scan will ask for again; it happens by itself once the block is garbage. */
  forget(rows: SharedRows): void {
    this.#registry.unregister(rows);
    this.#seen.delete(rows);
    this.#forget(rows.id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#open) job.fail(new Error("the scan pool is closed"));
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  #watch({ blocks }: ScanRequest): void {
    for (const { rows } of blocks) {
      if (this.#seen.has(rows)) continue;
      this.#seen.add(rows);
      this.#registry.register(rows, rows.id, rows);
    }
  }

  #forget(blockId: number): void {
    for (const thread of this.#threads) thread.forget(blockId);
  }

  /** The next slice of the scan whose turn it is. */
  #next(): Task | undefined {
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      const task = job.next();
      if (!task) continue;
      this.#waiting.push(job);
      return task;
    }
    return undefined;
  }

  #pump(): void {
    if (this.#closed || this.#waiting.length === 0) return;
    if (this.#size === 0) {
      this.#plan();
      return;
    }
    while (this.#threads.size < this.#size) this.#startThread();
    // First everybody gets one slice, then a second one to have at hand.
    for (const room of [2, 1]) {
      for (const thread of this.#threads) {
        if (thread.room < room) continue;
        const task = this.#next();
        if (!task) return;
        thread.run(task);
      }
    }
  }

  #startThread(): void {
    this.#threads.add(
      new ScanThread({
        onRoom: () => {
          this.#failedStarts = 0;
          this.#pump();
        },
        onEnd: (thread, unfinished, cause) => this.#replace(thread, unfinished, cause),
      }),
    );
  }

  #replace(thread: ScanThread, unfinished: Task[], cause: unknown): void {
    this.#threads.delete(thread);
    for (const task of unfinished) {
      task.job.lost(task, cause);
      if (!this.#waiting.includes(task.job)) this.#waiting.unshift(task.job);
    }
    if (!thread.started && ++this.#failedStarts >= MAX_FAILED_STARTS) {
      this.#failedStarts = 0;
      for (const job of this.#open) job.fail(new Error("threads for scans do not start", { cause }));
      this.#waiting = [];
    }
    this.#pump();
  }

  /** All of a scan at once, without what threads need; in this turn of the event loop, or a later one if this had its time. */
  async #scanHere(request: ScanRequest, size: ScanSize): Promise<ScanResult[]> {
    this.#atOnce++;
    try {
      const results = this.#turn.over ? await this.#scanLater(request, size) : scanAtOnce(this.#kernel, request, size);
      // Those that were called for together are not alone.
      await undefined;
      return results;
    } finally {
      this.#atOnce--;
    }
  }

  #scanLater(request: ScanRequest, size: ScanSize): Promise<ScanResult[]> {
    // Read before the caller may change them.
    const asked = { ...request, queries: request.queries.slice() };
    return this.#turn.run(() => {
      if (this.#closed) throw new Error("the scan pool is closed");
      asked.signal?.throwIfAborted();
      return scanAtOnce(this.#kernel, asked, size);
    });
  }

  /** Without threads, waiting scans go on in the next turn of the event loop. */
  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#takeTurn();
    });
  }

  #takeTurn(): void {
    do {
      const task = this.#next();
      if (!task) return;
      this.#run(task);
    } while (!this.#turn.over);
    this.#plan();
  }

  #run(task: Task): void {
    try {
      task.job.done(task, this.#kernel.run(task.slice));
    } catch (error) {
      task.job.fail(error);
    }
  }
}

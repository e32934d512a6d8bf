import { setTimeout as sleep } from "node:timers/promises";
import { deadlineExceeded } from "../../kit/errors.ts";
import type { Logger } from "../../kit/log.ts";
import { InferenceLostError } from "./errors.ts";
import type { ArrayTensor, GraphSignature, Inference, InferenceOptions, RunCall } from "./inference.ts";
import { hasOutgrown, lossesInARow, type RestartPolicy, restartDelayMs } from "./restart-policy.ts";
import { type RunRequest, WorkerProcess } from "./worker-process.ts";

export interface WorkerPoolOptions {
  replicas: number;
  /** Levels of priority that the processes stand behind this one. */
  nice: number;
  startMs: number;
  runMs: number;
  maxRssBytes: number;
  policy: RestartPolicy;
  command: readonly string[];
  log: Pick<Logger, "info" | "warn">;
}

/** Runs handed to a process before the first is answered: it finds the next one in the pipe when it is done with one. */
const WINDOW = 2;

interface Job {
  request: RunRequest;
  call: RunCall | undefined;
  /** Its place in the order in which runs came. */
  turn: number;
  /** Processes that were lost with it. */
  losses: number;
  resolve(outputs: Record<string, ArrayTensor>): void;
  reject(error: unknown): void;
}

/** A place for one process; a lost one is followed by another. */
interface Seat {
  worker: WorkerProcess | undefined;
  losses: number;
  replacing: boolean;
}

/** The processes of one model version, and the runs that wait for them. */
export class WorkerPool implements Inference {
  readonly graphs: Readonly<Record<string, GraphSignature>>;
  readonly provider: string | undefined;
  readonly #start: () => Promise<WorkerProcess>;
  readonly #options: WorkerPoolOptions;
  readonly #seats: Seat[];
  readonly #files: string[];
  readonly #closing = new AbortController();
  #queue: Job[] = [];
  #nextTurn = 0;
  /** Runs not answered yet, waiting or handed over. */
  #open = 0;
  #whenIdle: (() => void) | undefined;
  /** Why the last start failed; undefined once one worked. */
  #cannotStart: string | undefined;
  #closed: Promise<void> | undefined;

  static async open(
    files: Record<string, string>,
    options: InferenceOptions,
    poolOptions: WorkerPoolOptions,
  ): Promise<WorkerPool> {
    const { command, nice, startMs, runMs, log } = poolOptions;
    const onLine = (line: string) => log.warn({ event: "inference_output", files }, line);
    const start = () => WorkerProcess.start(files, options, { command, nice, startMs, runMs, onLine });
    // The first alone: what is wrong with the files is found out once.
    const first = await start();
    const others = await Promise.allSettled(Array.from({ length: poolOptions.replicas - 1 }, start));
    const workers = [first, ...others.flatMap((other) => (other.status === "fulfilled" ? [other.value] : []))];
    const failed = others.find((other) => other.status === "rejected");
    if (failed) {
      await Promise.all(workers.map((worker) => worker.end()));
      throw failed.reason;
    }
    for (const { provider, reason } of first.providers.refused) {
      log.warn(
        { event: "provider_refused", provider, use: first.providers.use, files },
        `not computed by ${provider}: ${reason}`,
      );
    }
    return new WorkerPool(workers, start, Object.values(files), poolOptions);
  }

  private constructor(
    workers: WorkerProcess[],
    start: () => Promise<WorkerProcess>,
    files: string[],
    options: WorkerPoolOptions,
  ) {
    this.graphs = workers[0]?.graphs ?? {};
    this.provider = workers[0]?.providers.use[0];
    this.#start = start;
    this.#files = files;
    this.#options = options;
    this.#seats = workers.map(() => ({ worker: undefined, losses: 0, replacing: false }));
    for (const [i, seat] of this.#seats.entries()) this.#sit(seat, workers[i]);
  }

  /** Processes that live, by process id. */
  get pids(): number[] {
    return this.#seats.flatMap(({ worker }) => (worker ? [worker.pid] : []));
  }

  /** Memory of the processes as they last said, bytes. */
  get rssBytes(): number {
    return this.#seats.reduce((sum, { worker }) => sum + (worker ? worker.rssBytes || worker.startedAtBytes : 0), 0);
  }

  run(
    graph: string,
    feeds: Record<string, ArrayTensor>,
    fetches: readonly string[],
    call?: RunCall,
  ): Promise<Record<string, ArrayTensor>> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new InferenceLostError("the model version is closed");
      if (!(graph in this.graphs)) {
        throw new RangeError(`expected one of the graphs ${Object.keys(this.graphs).join(", ")}, got ${graph}`);
      }
      call?.signal?.throwIfAborted();
      this.#open += 1;
      this.#queue.push(this.#job({ graph, feeds, fetches }, call, resolve, reject));
      this.#dispatch();
    });
  }

  /** Ends the processes once all runs are answered. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (this.#open > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    this.#closing.abort();
    const workers = this.#seats.flatMap(({ worker }) => (worker ? [worker] : []));
    for (const seat of this.#seats) seat.worker = undefined;
    await Promise.all(workers.map((worker) => worker.end()));
  }

  #job(request: RunRequest, call: RunCall | undefined, resolve: Job["resolve"], reject: Job["reject"]): Job {
    const settled = () => {
      call?.signal?.removeEventListener("abort", abandon);
      this.#open -= 1;
      if (this.#open === 0) this.#whenIdle?.();
    };
    const job: Job = {
      request,
      call,
      turn: this.#nextTurn++,
      losses: 0,
      resolve: (outputs) => {
        settled();
        resolve(outputs);
      },
      reject: (error) => {
        settled();
        reject(error);
      },
    };
    // One that waits is dropped at once; one that is handed over is computed, because nothing can interrupt it.
    const abandon = () => {
      const at = this.#queue.indexOf(job);
      if (at < 0) return;
      this.#queue.splice(at, 1);
      job.reject(call?.signal?.reason);
    };
    call?.signal?.addEventListener("abort", abandon, { once: true });
    return job;
  }

  #dispatch(): void {
    if (this.#cannotStart !== undefined && this.pids.length === 0) {
      const waiting = this.#queue.splice(0);
      for (const job of waiting) job.reject(new InferenceLostError(this.#cannotStart));
      return;
    }
    while (this.#queue.length > 0) {
      const seat = this.#leastBusy();
      if (!seat?.worker) return;
      const job = this.#queue.shift();
      if (job) this.#handOver(job, seat, seat.worker);
    }
  }

  #leastBusy(): Seat | undefined {
    const free = this.#seats.filter(({ worker }) => worker && worker.load < WINDOW);
    return free.sort((a, b) => (a.worker?.load ?? 0) - (b.worker?.load ?? 0))[0];
  }

  #handOver(job: Job, seat: Seat, worker: WorkerProcess): void {
    if (job.call?.deadlineMs !== undefined && job.call.deadlineMs <= Date.now()) {
      job.reject(deadlineExceeded("the deadline passed before the model was free"));
      return;
    }
    worker
      .run(job.request)
      .then(job.resolve, (error: unknown) => this.#failed(job, error))
      .finally(() => {
        if (hasOutgrown(worker.rssBytes, worker.startedAtBytes, this.#options.maxRssBytes)) void this.#replace(seat);
        this.#dispatch();
      });
  }

  #failed(job: Job, error: unknown): void {
    const lost = error instanceof InferenceLostError && !job.call?.signal?.aborted;
    // The run that was being computed may be what ended the process: it gets one more chance, the others as many as it takes.
    if (lost && error.begun) job.losses += 1;
    if (!lost || job.losses > 1) {
      job.reject(error);
      return;
    }
    const behind = this.#queue.findIndex(({ turn }) => turn > job.turn);
    this.#queue.splice(behind < 0 ? this.#queue.length : behind, 0, job);
  }

  #sit(seat: Seat, worker: WorkerProcess | undefined): void {
    if (!worker) return;
    seat.worker = worker;
    this.#cannotStart = undefined;
    const began = performance.now();
    void worker.ended.then((reason) => {
      if (seat.worker !== worker) return;
      seat.worker = undefined;
      seat.losses = lossesInARow(this.#options.policy, seat.losses, performance.now() - began);
      this.#options.log.warn(
        { event: "inference_lost", pid: worker.pid, losses: seat.losses, files: this.#files },
        `inference process ${worker.pid} ${reason}`,
      );
      void this.#restart(seat);
    });
  }

  async #restart(seat: Seat): Promise<void> {
    const { policy, log } = this.#options;
    for (;;) {
      const delayMs = restartDelayMs(policy, seat.losses);
      if (!(await this.#wait(delayMs))) return;
      try {
        const worker = await this.#start();
        if (this.#closing.signal.aborted) return worker.end();
        this.#sit(seat, worker);
        log.info({ event: "inference_restarted", pid: worker.pid }, `inference process ${worker.pid} is up again`);
        return this.#dispatch();
      } catch (error) {
        seat.losses += 1;
        this.#cannotStart = `the inference process cannot be started: ${error instanceof Error ? error.message : error}`;
        log.warn({ event: "inference_not_started", losses: seat.losses, files: this.#files }, this.#cannotStart);
        this.#dispatch();
      }
    }
  }

  /** Another process takes the seat of one that has grown; the old one answers what it was given and ends. */
  async #replace(seat: Seat): Promise<void> {
    const { worker } = seat;
    if (seat.replacing || !worker) return;
    seat.replacing = true;
    try {
      const fresh = await this.#start();
      if (seat.worker !== worker || this.#closing.signal.aborted) return fresh.end();
      const { rssBytes } = worker;
      this.#sit(seat, fresh);
      this.#options.log.info(
        { event: "inference_replaced", pid: worker.pid, rssBytes, limitBytes: this.#options.maxRssBytes },
        `inference process ${worker.pid} held ${Math.round(rssBytes / 2 ** 20)} MB and was replaced`,
      );
      this.#dispatch();
      await worker.end();
    } catch (error) {
      this.#options.log.warn(
        { event: "inference_not_replaced", err: error },
        "a grown inference process stays for now",
      );
    } finally {
      seat.replacing = false;
    }
  }

  async #wait(ms: number): Promise<boolean> {
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => {}); // aborted: close() was called
    return !this.#closing.signal.aborted;
  }
}

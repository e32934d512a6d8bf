import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { ForgettingMap } from "../../kit/forgetting-map.ts";
import { BodyFile } from "./body-file.ts";
import { CannotOpenError, InferenceFailedError, InferenceLostError } from "./errors.ts";
import type { ProviderPlan } from "./execution-providers.ts";
import { FrameAssembler } from "./frame-assembler.ts";
import { encodeFrame, type Frame, type ReceivedFrame } from "./frames.ts";
import type { ArrayTensor, GraphSignature, InferenceOptions } from "./inference.ts";
import { LineBudget } from "./line-budget.ts";
import { standBehind } from "./stand-behind.ts";
import type { OpenAnswer, OpenRequest } from "./worker/protocol.ts";

export interface WorkerProcessOptions {
  /** Runtime and its arguments that run `worker/main.ts`. */
  command: readonly string[];
  /** Levels of priority that it stands behind this process. */
  nice: number;
  /** Time to start and to open the graphs, ms. */
  startMs: number;
  /** One run may take this long, ms; then the process counts as hung and is killed. */
  runMs: number;
  /** A line that the process wrote to stdout or stderr. */
  onLine(line: string): void;
}

/** One run as it is handed over. */
export interface RunRequest {
  graph: string;
  feeds: Readonly<Record<string, ArrayTensor>>;
  fetches: readonly string[];
}

interface Pending {
  resolve(frame: ReceivedFrame): void;
  reject(error: Error): void;
}

const WORKER = fileURLToPath(new URL("worker/main.ts", import.meta.url));
/** A process that still lives so long after its pipe broke is ended, ms. */
const PIPE_MS = 500;
/**
 * glibc gives large buffers back to the system after each run, and a run of 16 photos then spends 6 % of its time on fresh
 * pages (ViT-B/32 in int8). So it keeps up to 256 MiB that lie free at the end of the heap; other systems do not read this.
 */
const MALLOC = { MALLOC_MMAP_THRESHOLD_: String(2 ** 30), MALLOC_TRIM_THRESHOLD_: String(2 ** 28) };
/** How long a process may take to end once its pipe is closed, ms. */
const END_MS = 2_000;

/** The runtime that runs this process, as it runs a TypeScript file with every right. */
export function ownRuntime(): string[] {
  return "Deno" in globalThis ? [process.execPath, "run", "-A", "--quiet"] : [process.execPath];
}

/** One life of an inference process. It answers in the order it is asked. Feeds must not change until they are answered. */
export class WorkerProcess {
  /** Resolves with the reason once the process has ended, asked to or not. */
  readonly ended: Promise<string>;
  readonly pid: number;
  graphs: Readonly<Record<string, GraphSignature>> = {};
  providers: ProviderPlan = { use: [], refused: [] };
  /** Resident memory when the graphs were open, and at the last answer. */
  startedAtBytes = 0;
  rssBytes = 0;
  readonly #child: ChildProcess;
  readonly #pipe: Duplex;
  readonly #bodies = BodyFile.create();
  readonly #pending = new ForgettingMap<number, Pending>();
  readonly #frames = new FrameAssembler();
  readonly #runMs: number;
  #nextId = 1;
  #timer: NodeJS.Timeout | undefined;
  #whenIdle: (() => void) | undefined;
  #whyKilled: string | undefined;

  /**
   * Start a process and have it open the graphs.
   * @throws CannotOpenError when it cannot open them; InferenceLostError when it ends or takes too long.
   */
  static async start(
    files: Record<string, string>,
    options: InferenceOptions,
    settings: WorkerProcessOptions,
  ): Promise<WorkerProcess> {
    const worker = new WorkerProcess(settings);
    const bodies = worker.#bodies?.path;
    const text = JSON.stringify({ files, options, ...(bodies ? { bodies } : {}) } satisfies OpenRequest);
    try {
      const opened = await worker.#ask({ kind: "open", text }, settings.startMs);
      worker.#bodies?.unlink();
      const { graphs, providers } = JSON.parse(opened.text) as OpenAnswer;
      worker.graphs = graphs;
      worker.providers = providers;
      worker.startedAtBytes = opened.rssBytes;
      return worker;
    } catch (error) {
      worker.kill("it did not start");
      await worker.ended;
      throw error instanceof InferenceFailedError ? new CannotOpenError(error.message) : error;
    }
  }

  private constructor({ command, nice, runMs, onLine }: WorkerProcessOptions) {
    const [file = "", ...flags] = command;
    this.#runMs = runMs;
    const env = { ...MALLOC, ...process.env };
    this.#child = spawn(file, [...flags, WORKER], { env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    this.pid = this.#child.pid ?? 0;
    if (this.pid !== 0) standBehind(this.pid, nice);
    this.#pipe = this.#child.stdio[3] as Duplex;
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(`could not be started: ${error.message}`));
      this.#child.once("exit", (code, signal) => {
        resolve(this.#whyKilled ?? (signal ? `was ended by ${signal}` : `ended with exit code ${code}`));
      });
    });
    void this.ended.then((reason) => {
      this.#bodies?.close();
      this.#lose(reason);
    });
    // A pipe breaks because its process ends, which says why, and is heard of a little later.
    this.#pipe.on("error", () => {
      const timer = setTimeout(() => this.kill("closed its pipe"), PIPE_MS);
      void this.ended.then(() => clearTimeout(timer));
    });
    this.#pipe.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      const lines = new LineBudget({ now: Date.now, write: onLine });
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => lines.push(text));
      stream?.on("end", () => lines.end());
    }
  }

  /** Runs handed over and not answered. */
  get load(): number {
    return this.#pending.size;
  }

  /**
   * @throws InferenceFailedError when the graph fails; InferenceLostError when the process ends first;
   *   RangeError when the feeds cannot be sent.
   */
  async run({ graph, feeds, fetches }: RunRequest): Promise<Record<string, ArrayTensor>> {
    const answer = await this.#ask({ kind: "run", text: graph, names: fetches, tensors: feeds }, this.#runMs);
    return answer.tensors;
  }

  /** Ends it once the runs that were handed over are answered. */
  async end(): Promise<void> {
    // The pipe stays open until then, because the end of a process may be heard of before its last words.
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
      this.#sayIdle();
    });
    this.#pipe.end();
    const timer = setTimeout(() => this.kill("did not end when told to"), END_MS);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends it at once. */
  kill(why: string): void {
    this.#whyKilled ??= why;
    this.#child.kill("SIGKILL");
  }

  #ask(frame: Omit<Frame, "id">, limitMs: number): Promise<ReceivedFrame> {
    const id = this.#nextId;
    this.#nextId = (id + 1) % 2 ** 32;
    const chunks = encodeFrame({ ...frame, id }, (body) => this.#bodies?.write(body) ?? 0);
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      if (this.#pending.size === 1) this.#watch(limitMs);
      this.#pipe.cork();
      for (const chunk of chunks) this.#pipe.write(chunk);
      this.#pipe.uncork();
    });
  }

  #receive(chunk: Uint8Array): void {
    try {
      for (const frame of this.#frames.push(chunk)) this.#answer(frame);
    } catch (error) {
      this.kill(`does not keep to the format: ${error instanceof Error ? error.message : error}`);
    }
  }

  #answer(frame: ReceivedFrame): void {
    const pending = this.#pending.take(frame.id);
    this.#watch(this.#runMs);
    this.rssBytes = frame.rssBytes;
    if (frame.kind === "failed") pending?.reject(new InferenceFailedError(frame.text));
    else pending?.resolve(frame);
    this.#sayIdle();
  }

  /** From now on, for the run that is at the head. */
  #watch(limitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#pending.size === 0) return;
    this.#timer = setTimeout(() => this.kill(`did not answer within ${limitMs} ms`), limitMs);
  }

  #lose(reason: string): void {
    clearTimeout(this.#timer);
    this.#pipe.destroy();
    const message = `the inference process ${this.pid} ${reason}`;
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    for (const [i, { reject }] of lost.entries()) reject(new InferenceLostError(message, { begun: i === 0 }));
    this.#sayIdle();
  }

  #sayIdle(): void {
    if (this.#pending.size === 0) this.#whenIdle?.();
  }
}

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RecordedProcess } from "../state/leftovers.ts";
import type { ProcessState, ProcessStatus } from "../state/status.ts";
import { type ChildSpec, describeExit, type Exit, RunningChild } from "./child.ts";
import { LogFile } from "./log-file.ts";
import { crashesInARow, type RestartPolicy, restartDelayMs, standardPolicy } from "./restart-policy.ts";

/** Something that a supervisor has to say; `lines`: what the process said last, if that explains it. */
export interface SupervisorEvent {
  process: string;
  message: string;
  lines?: string[];
}

export interface SupervisorOptions {
  /** Folder of the children's logs: exists. */
  logs: string;
  /** How long a child may take until it is ready, in milliseconds. */
  startTimeoutMs: number;
  onEvent(event: SupervisorEvent): void;
  /** Called at every change of a process. */
  onChange(statuses: ProcessStatus[], running: RecordedProcess[]): void;
  policy?: RestartPolicy;
}

interface Entry {
  spec: ChildSpec;
  log: LogFile;
  status: ProcessStatus;
  child?: RunningChild;
  crashes: number;
  /** Aborted when the child is to stop for good. */
  stopping: AbortController;
}

/** Keeps children alive: one that ends by itself is started again, with back-off, until it is stopped. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #policy: RestartPolicy;
  readonly #entries = new Map<string, Entry>();
  #closed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#policy = options.policy ?? standardPolicy;
  }

  /**
   * Starts a child and waits until it is ready; from then on it is kept alive.
   *
   * @throws if it ends before, or is not ready in time: with its last lines.
   */
  async start(spec: ChildSpec): Promise<void> {
    if (this.#closed) throw new Error(`${spec.name} is not started any more: the mesh is stopping`);
    const log = new LogFile(join(this.#options.logs, `${spec.name}.log`));
    const status: ProcessStatus = {
      name: spec.name,
      state: "starting",
      restarts: 0,
      since: "",
      url: spec.url,
      runtime: spec.runtime,
    };
    const entry: Entry = { spec, log, status, crashes: 0, stopping: new AbortController() };
    this.#entries.set(spec.name, entry);
    const child = await this.#spawn(entry);
    const outcome = await this.#untilReady(entry, child);
    if (entry.stopping.signal.aborted) throw new Error(`${spec.name} was stopped before it was ready`);
    if (outcome !== "ready") {
      entry.stopping.abort();
      child.kill();
      await child.exited;
      this.#set(entry, "stopped");
      throw new Error(`${spec.name} ${outcome}${quote(log.tail())}\n  its log: ${log.path}`);
    }
    this.#set(entry, "running");
    void this.#keepAlive(entry, child);
  }

  /** No child is started from now on: a stop may come in the middle of a start. */
  close(): void {
    this.#closed = true;
  }

  /** Stops one child for good; one that is not there is none to stop. */
  async stop(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.stopping.signal.aborted) return;
    const { child, spec } = entry;
    const running = entry.status.state === "running";
    entry.stopping.abort();
    this.#set(entry, "stopping");
    if (running) await spec.beforeStop?.();
    const exit = await child?.stop();
    if (exit?.signal === "SIGKILL") this.#say(entry, `did not end in time and was killed`);
    this.#set(entry, "stopped");
    entry.log.close();
  }

  /** Ends everything at once. */
  async killAll(): Promise<void> {
    this.close();
    await Promise.all(
      [...this.#entries.values()].map(async (entry) => {
        entry.stopping.abort();
        entry.child?.kill();
        await entry.child?.exited;
      }),
    );
  }

  get statuses(): ProcessStatus[] {
    return [...this.#entries.values()].map(({ status }) => ({ ...status }));
  }

  async #spawn(entry: Entry): Promise<RunningChild> {
    await entry.spec.beforeStart?.();
    entry.stopping.signal.throwIfAborted();
    entry.log.forgetTail();
    const child = new RunningChild(entry.spec, entry.log);
    entry.child = child;
    entry.status.pid = child.identity?.pid;
    this.#set(entry, "starting");
    return child;
  }

  /** "ready", or what happened instead. */
  async #untilReady(entry: Entry, child: RunningChild): Promise<string> {
    const { startTimeoutMs } = this.#options;
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), startTimeoutMs);
    const stop = () => over.abort();
    entry.stopping.signal.addEventListener("abort", stop);
    const late = new Promise<string>((resolve) => {
      over.signal.addEventListener("abort", () => resolve(`was not ready within ${startTimeoutMs / 1000} s`));
    });
    const answers = entry.spec.ready(over.signal).then(
      () => "ready",
      (error: Error) => (over.signal.aborted ? late : error.message),
    );
    try {
      return await Promise.race([answers, child.exited.then(describeExit), late]);
    } finally {
      over.abort();
      clearTimeout(timer);
      entry.stopping.signal.removeEventListener("abort", stop);
    }
  }

  async #keepAlive(entry: Entry, first: RunningChild): Promise<void> {
    const { signal } = entry.stopping;
    for (let child = first, startedAt = performance.now(); ; ) {
      const exit = await child.exited;
      if (signal.aborted) return;
      const crashedAt = performance.now();
      entry.crashes = crashesInARow(this.#policy, entry.crashes, crashedAt - startedAt);
      const delayMs = restartDelayMs(this.#policy, entry.crashes);
      this.#reportCrash(entry, exit, delayMs);
      if (!(await slept(delayMs, signal))) return;
      startedAt = performance.now();
      entry.status.restarts += 1;
      try {
        child = await this.#spawn(entry);
      } catch (error) {
        if (signal.aborted) return;
        this.#say(entry, `cannot be started: ${(error as Error).message}`);
        continue;
      }
      if (signal.aborted) return;
      const outcome = await this.#untilReady(entry, child);
      if (signal.aborted) return;
      if (outcome === "ready") {
        this.#set(entry, "running");
        this.#say(entry, `runs again, ${((performance.now() - crashedAt) / 1000).toFixed(1)} s after it ended`);
      } else {
        child.kill();
        if (outcome.startsWith("was not ready")) this.#say(entry, outcome);
      }
    }
  }

  #reportCrash(entry: Entry, exit: Exit, delayMs: number): void {
    entry.status.pid = undefined;
    const startedBadly = entry.status.state === "starting";
    this.#set(entry, "waiting");
    const again = delayMs < 1000 ? "restarting" : `restarting in ${delayMs / 1000} s`;
    const lines = startedBadly || (exit.code !== null && exit.code !== 0) ? entry.log.tail().slice(-5) : undefined;
    this.#say(entry, `${describeExit(exit)}, ${again}`, lines);
  }

  #say(entry: Entry, message: string, lines?: string[]): void {
    this.#options.onEvent({ process: entry.spec.name, message, lines });
  }

  #set(entry: Entry, state: ProcessState): void {
    entry.status.state = state;
    entry.status.since = new Date().toISOString();
    if (state === "stopped" || state === "waiting") entry.child = undefined;
    this.#options.onChange(this.statuses, this.#running());
  }

  #running(): RecordedProcess[] {
    return [...this.#entries.values()].flatMap(({ child, spec }) =>
      child?.identity === undefined
        ? []
        : [{ ...child.identity, name: spec.name, stopSignal: spec.stopSignal ?? "SIGTERM" }],
    );
  }
}

/** False if the wait was cut short. */
async function slept(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal });
    return true;
  } catch {
    return false; // the only way for this sleep to fail is the signal
  }
}

function quote(lines: string[]): string {
  return lines.length === 0 ? "" : `\n    ${lines.slice(-10).join("\n    ")}`;
}

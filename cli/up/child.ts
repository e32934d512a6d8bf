import { type ChildProcess, spawn } from "node:child_process";
import { signalGroup } from "../state/leftovers.ts";
import { identify, type ProcessIdentity } from "../state/process-identity.ts";
import type { LogFile } from "./log-file.ts";

/** How to run one part of the mesh, and how to tell that it works. */
export interface ChildSpec {
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Where it answers, for people. */
  url?: string;
  /** What runs it, if it is ours: node, deno, bun. */
  runtime?: string;
  /** Resolves once it does its work; asked again after every start. Rejects when the signal is aborted. */
  ready(signal: AbortSignal): Promise<void>;
  /** Done before every start: clears what a killed predecessor left. */
  beforeStart?(): Promise<void>;
  /** Done before an orderly stop: lets calls in flight end. */
  beforeStop?(): Promise<void>;
  /** Asks it to end. Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** How long it may take after that before SIGKILL. Default 5,000 ms. */
  stopMs?: number;
}

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Set if it could not be started at all. */
  error?: Error;
}

/** One life of a child: its own process group, its output in a log, its stdin a pipe that tells it that we live. */
export class RunningChild {
  readonly spec: ChildSpec;
  readonly identity: ProcessIdentity | undefined;
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;

  constructor(spec: ChildSpec, log: LogFile) {
    this.spec = spec;
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: spec.env as NodeJS.ProcessEnv,
      detached: true, // so that Ctrl-C reaches the launcher alone, which then stops the children in order
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#process = child;
    child.stdin.on("error", () => {}); // the pipe breaks when the child ends: its exit says that already
    child.stdout.on("data", (chunk: Buffer) => log.write(chunk));
    child.stderr.on("data", (chunk: Buffer) => log.write(chunk));
    this.identity = child.pid === undefined ? undefined : identify(child.pid);
    this.exited = new Promise((resolve) => {
      child.once("error", (error) => resolve({ code: null, signal: null, error }));
      child.once("exit", (code, signal) => {
        if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL"); // helpers that it started itself
        child.stdout.destroy();
        child.stderr.destroy();
        resolve({ code, signal });
      });
    });
  }

  /** Ends it in its own way, then the hard way. */
  async stop(): Promise<Exit> {
    const { stopSignal = "SIGTERM", stopMs = 5000 } = this.spec;
    this.#process.kill(stopSignal);
    const timer = setTimeout(() => this.kill(), stopMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it at once, with all that it started. */
  kill(): void {
    if (this.#process.pid !== undefined && this.#process.exitCode === null && this.#process.signalCode === null) {
      signalGroup(this.#process.pid, "SIGKILL");
    }
  }
}

/** "was killed by SIGKILL", "ended with exit code 1", … */
export function describeExit({ code, signal, error }: Exit): string {
  if (error !== undefined) return `could not be started: ${error.message}`;
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}

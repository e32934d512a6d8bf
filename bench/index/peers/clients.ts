import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { treeCpuSeconds } from "../../support/processor-time.ts";
import { runForJson } from "../../support/script.ts";
import { quantile } from "../../support/statistics.ts";
import type { Asked, ClientTask } from "./client.ts";

export interface LoadMeasure {
  callsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time of a call in the clients, microseconds. */
  clientMicros: number;
  /** Processor time of a call in each of the server's parts, by name. */
  serverMicros: Record<string, number>;
}

export type Load = Omit<ClientTask, "first" | "looks"> & {
  clients: number;
  /** How many queries there are. */
  count: number;
  /** A server's processes by name; each with its children. */
  pids: Record<string, number>;
};

/** Clients of a server, each a process with a connection of its own. They keep both, so that only the first of their calls are slow. */
export class Clients {
  readonly #server: Record<string, number>;
  readonly #running: readonly Client[];

  private constructor(server: Record<string, number>, running: readonly Client[]) {
    this.#server = server;
    this.#running = running;
  }

  static async start({ clients, count, pids, ...task }: Load): Promise<Clients> {
    const started = Array.from({ length: clients }, (_, n) =>
      startClient({ ...task, first: Math.floor((n * count) / clients) }),
    );
    return new Clients(pids, await Promise.all(started));
  }

  get pids(): number[] {
    return this.#running.map(({ pid }) => pid);
  }

  /** Some of them ask for some seconds, each waiting for its answers, all at once. */
  async measure({ clients, seconds }: { clients: number; seconds: number }): Promise<LoadMeasure> {
    const before = cpuOf(this.#server);
    const results = await Promise.all(this.#running.slice(0, clients).map(({ ask }) => ask(seconds)));
    const after = cpuOf(this.#server);
    const times = results.flatMap((one) => one.times);
    const micros = (seconds: number) => (seconds / times.length) * 1e6;
    return {
      callsPerSecond: times.length / Math.max(...results.map((one) => one.seconds)),
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      clientMicros: micros(results.reduce((sum, { cpu }) => sum + cpu, 0)),
      serverMicros: Object.fromEntries(
        Object.keys(before).map((name) => [name, micros((after[name] ?? 0) - (before[name] ?? 0))]),
      ),
    };
  }

  async end(): Promise<void> {
    await Promise.all(this.#running.map(({ end }) => end()));
  }
}

/** Row numbers of every query, k each. */
export function rowsFound(task: Omit<ClientTask, "first" | "looks">): Promise<number[]> {
  return runForJson(new URL("client.ts", import.meta.url), { ...task, first: 0, looks: true } satisfies ClientTask);
}

function cpuOf(pids: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, treeCpuSeconds(pid)]));
}

interface Client {
  pid: number;
  ask(seconds: number): Promise<Asked>;
  end(): Promise<unknown>;
}

/** @returns when it is ready */
async function startClient(task: ClientTask): Promise<Client> {
  const program = fileURLToPath(new URL("client.ts", import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const exit = once(child, "exit");
  const line = async () => {
    const ended = exit.then(([code]) => {
      throw new Error(`a client of ${task.endpoint.dialect} ended with ${code}`);
    });
    return String((await Promise.race([once(lines, "line"), ended]))[0]);
  };
  const ready = await line();
  if (ready !== "ready") throw new Error(`expected ready, got ${ready}`);
  return {
    pid: child.pid!,
    async ask(seconds) {
      const result = line();
      child.stdin.write(`${seconds}\n`);
      return JSON.parse(await result) as Asked;
    },
    end() {
      child.stdin.end();
      return exit;
    },
  };
}

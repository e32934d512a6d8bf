import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { treeCpuSeconds } from "../../support/processor-time.ts";
import { runForJson } from "../../support/script.ts";
import { quantile } from "../../support/statistics.ts";
import type { ClientResult, ClientTask } from "./client.ts";

export interface LoadMeasure {
  callsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time of a call in the clients, microseconds. */
  clientMicros: number;
  /** Processor time of a call in each of the server's parts, by name. */
  serverMicros: Record<string, number>;
}

export type Load = Omit<ClientTask, "first" | "seconds"> & {
  clients: number;
  seconds: number;
  /** How many queries there are. */
  count: number;
  /** A server's processes by name; each with its children. */
  pids: Record<string, number>;
};

/** Clients that each wait for their answers, all at once. */
export async function measureLoad({ clients, count, pids, ...task }: Load): Promise<LoadMeasure> {
  const started = Array.from({ length: clients }, (_, n) =>
    startClient({ ...task, first: Math.floor((n * count) / clients) }),
  );
  const running = await Promise.all(started);
  const before = cpuOf(pids);
  const results = await Promise.all(running.map(({ go }) => go()));
  const after = cpuOf(pids);
  await Promise.all(running.map(({ end }) => end()));
  const times = results.flatMap((one) => one.times);
  const micros = (seconds: number) => (seconds / times.length) * 1e6;
  return {
    callsPerSecond: times.length / Math.max(...results.map((one) => one.seconds)),
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    clientMicros: micros(results.reduce((sum, { cpu }) => sum + cpu, 0)),
    serverMicros: Object.fromEntries(
      Object.keys(pids).map((name) => [name, micros((after[name] ?? 0) - (before[name] ?? 0))]),
    ),
  };
}

/** Row numbers of every query, k each. */
export async function rowsFound(task: Omit<ClientTask, "first" | "seconds">): Promise<number[]> {
  const client = new URL("client.ts", import.meta.url);
  return (await runForJson<ClientResult>(client, { ...task, first: 0 } satisfies ClientTask)).rows;
}

function cpuOf(pids: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, treeCpuSeconds(pid)]));
}

/** @returns when it is ready */
async function startClient(task: ClientTask): Promise<{ go(): Promise<ClientResult>; end(): Promise<unknown> }> {
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
    async go() {
      const result = line();
      child.stdin.write("go\n");
      return JSON.parse(await result) as ClientResult;
    },
    end() {
      child.stdin.end();
      return exit;
    },
  };
}

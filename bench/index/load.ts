import type { ClientTls } from "../../services/kit/client.ts";
import { cpuSecondsOf, runScript } from "./measure.ts";

/** What the client is told, as JSON in its only argument. */
export interface SearchLoad {
  url: string;
  /** Files, PEM. */
  tls?: Record<keyof ClientTls, string>;
  /** Each with a connection of its own. */
  clients: number;
  seconds: number;
  /** File of float32 values. */
  queries: string;
  dimensions: number;
  k: number;
  /** Asked in one call, each with the same vector. */
  indices: string[];
}

export interface SearchLoadSummary {
  calls: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
  /** Item ids of each query's first list, by the query's number; of the first round. */
  found: Record<number, string[]>;
}

/** One load from a process of its own, and what processor time a server's process took for a call of it. */
export async function measuredLoad(
  load: SearchLoad,
  pid: number,
): Promise<{ summary: SearchLoadSummary; cpuMicros: number }> {
  const before = cpuSecondsOf(pid);
  const written = await runScript("client.ts", [JSON.stringify(load)]);
  const summary = JSON.parse(written.trim().split("\n").at(-1)!) as SearchLoadSummary;
  return { summary, cpuMicros: ((cpuSecondsOf(pid) - before) / summary.calls) * 1e6 };
}

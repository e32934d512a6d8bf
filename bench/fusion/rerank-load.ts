import type { ClientTls } from "../../services/kit/client.ts";
import { cpuSecondsOf, runScript } from "./scripts.ts";

/** Calls of one caller before its clock starts. */
export const FIRST_CALLS = 20;

/** What the client is told, as JSON in its only argument. */
export interface RerankLoad {
  url: string;
  /** Files, PEM. */
  tls: Record<keyof ClientTls, string>;
  /** Callers that wait for their answers, each with a connection of its own. */
  clients: number;
  seconds: number;
  userId: string;
  itemIds: string[];
  seed: number;
}

export interface RerankLoadSummary {
  calls: number;
  seconds: number;
  meanMs: number;
  p50Ms: number;
  p99Ms: number;
  /** What the last answer said. */
  policy: string;
  degraded: string[];
  items: number;
}

/** One load from a process of its own, and what processor time a server's process took for a call of it, in microseconds. */
export async function measuredRerank(load: RerankLoad, pid: number) {
  const before = cpuSecondsOf(pid);
  const written = await runScript("rerank-client.ts", [JSON.stringify(load)]);
  const summary = JSON.parse(written.trim().split("\n").at(-1) ?? "") as RerankLoadSummary;
  return { summary, cpuMicros: ((cpuSecondsOf(pid) - before) / summary.calls) * 1e6 };
}

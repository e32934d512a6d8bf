import process from "node:process";
import { fileURLToPath } from "node:url";
import { runChild } from "../../test/support/child.ts";
import { treeCpuSeconds } from "../index/peers/process-tree.ts";

/** What the client is told, as JSON in its only argument. */
export interface EventLoad {
  /** Part of every event id: one of its own for each load. */
  name: string;
  url: string;
  /** Files, PEM. */
  tls: { cert: string; key: string; ca: string };
  /** At a time. */
  callers: number;
  seconds: number;
  /** Events of a call; 0: a stream a caller. */
  batch: number;
}

export interface EventLoadSummary {
  /** Events. */
  acknowledged: number;
  seconds: number;
  calls: number;
  /** Processor time of the callers' process. */
  cpuMicros: number;
  p50Ms?: number;
  p99Ms?: number;
}

/**
 * One load from a process of its own, and the processor time that it and the named processes, each with those that it started,
 * took for an event.
 */
export async function measuredLoad(load: EventLoad, pids: Record<string, number>) {
  const before = Object.entries(pids).map(([name, pid]) => [name, pid, treeCpuSeconds(pid)] as const);
  const file = fileURLToPath(new URL("client.ts", import.meta.url));
  const written = await runChild(process.execPath, [file, JSON.stringify(load)]);
  const summary = JSON.parse(written.trim().split("\n").at(-1)!) as EventLoadSummary;
  const micros: [string, number][] = before.map(([name, pid, cpu]) => [
    name,
    ((treeCpuSeconds(pid) - cpu) / summary.acknowledged) * 1e6,
  ]);
  micros.push(["client", summary.cpuMicros / summary.acknowledged]);
  return {
    ...summary,
    eventsPerSecond: summary.acknowledged / summary.seconds,
    cpuMicrosAnEvent: Object.fromEntries(micros) as Record<string, number>,
  };
}

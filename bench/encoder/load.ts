import { quantile } from "../support/statistics.ts";

/** How one call ended. */
export interface Outcome {
  kind: "ok" | "refused" | "deadline" | "failed";
  /** From its start to its end, milliseconds. */
  ms: number;
  /** It ended this long after its deadline; 0 when before. */
  lateMs: number;
  /** The kernel's memory scanner was at work meanwhile. */
  disturbed: boolean;
}

/** An answer that comes later after its deadline is of no use to who set it. */
const LATE_MS = 20;

export interface LoadSummary {
  calls: number;
  seconds: number;
  /** Good answers in time, a second. */
  goodput: number;
  /** Good answers in time, and those too late. */
  ok: number;
  late: number;
  refused: number;
  deadline: number;
  failed: number;
  p50Ms: number;
  p99Ms: number;
  /** Of those that the kernel's memory scanner did not disturb, and how many it did. */
  undisturbedP99Ms: number;
  disturbed: number;
  /** Of the refused calls. */
  refusalP99Ms: number;
  latestMs: number;
}

export function summarise(outcomes: readonly Outcome[], seconds: number): LoadSummary {
  const good = outcomes.filter(({ kind }) => kind === "ok");
  const inTime = good.filter(({ lateMs }) => lateMs <= LATE_MS);
  const times = (of: readonly Outcome[]) => of.map(({ ms }) => ms);
  const count = (kind: Outcome["kind"]) => outcomes.filter((o) => o.kind === kind).length;
  const refused = times(outcomes.filter(({ kind }) => kind === "refused"));
  return {
    calls: outcomes.length,
    seconds,
    goodput: inTime.length / seconds,
    ok: inTime.length,
    late: good.length - inTime.length,
    refused: refused.length,
    deadline: count("deadline"),
    failed: count("failed"),
    p50Ms: quantile(times(good), 0.5),
    p99Ms: quantile(times(good), 0.99),
    undisturbedP99Ms: quantile(times(good.filter(({ disturbed }) => !disturbed)), 0.99),
    disturbed: good.filter(({ disturbed }) => disturbed).length,
    refusalP99Ms: quantile(refused, 0.99),
    latestMs: Math.max(0, ...outcomes.map((o) => o.lateMs)),
  };
}

import { quantile } from "../support/statistics.ts";

/** How one call ended. */
export interface Outcome {
  kind: "ok" | "refused" | "deadline" | "failed";
  /** From its start to its end, milliseconds. */
  ms: number;
  /** It ended this long after its deadline; 0 when before. */
  lateMs: number;
}

export interface LoadSummary {
  calls: number;
  seconds: number;
  /** Good answers a second. */
  goodput: number;
  ok: number;
  refused: number;
  deadline: number;
  failed: number;
  p50Ms: number;
  p99Ms: number;
  /** Of the refused calls. */
  refusalP99Ms: number;
  latestMs: number;
}

export function summarise(outcomes: readonly Outcome[], seconds: number): LoadSummary {
  const times = (kind: Outcome["kind"]) => outcomes.filter((o) => o.kind === kind).map((o) => o.ms);
  const [ok, refused] = [times("ok"), times("refused")];
  return {
    calls: outcomes.length,
    seconds,
    goodput: ok.length / seconds,
    ok: ok.length,
    refused: refused.length,
    deadline: times("deadline").length,
    failed: times("failed").length,
    p50Ms: quantile(ok, 0.5),
    p99Ms: quantile(ok, 0.99),
    refusalP99Ms: quantile(refused, 0.99),
    latestMs: Math.max(0, ...outcomes.map((o) => o.lateMs)),
  };
}

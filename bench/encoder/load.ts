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

/** The value that a part `q` of the values does not exceed; 0 of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

/** When calls of an open load begin, milliseconds from its start: one after the other at the same distance, as wrk2 and k6 send. */
export function evenArrivals(perSecond: number, seconds: number): number[] {
  return Array.from({ length: Math.floor(perSecond * seconds) }, (_, i) => (i * 1000) / perSecond);
}

/**
 * The same as many people who do not know of each other would, so the gaps are exponential. `random` gives 0 (excluded) to 1.
 */
export function poissonArrivals(perSecond: number, seconds: number, random: () => number): number[] {
  const times: number[] = [];
  for (let at = 0; ; ) {
    at += (-Math.log(random()) / perSecond) * 1000;
    if (at >= seconds * 1000) return times;
    times.push(at);
  }
}

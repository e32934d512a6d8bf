import type { Metrics } from "../support/prometheus.ts";

/** Totals of Fusion's process: of its stages, and of what its caches had and had not. */
export interface Totals {
  /** By stage: how often, and how long in all, seconds. */
  counts: Record<string, number>;
  seconds: Record<string, number>;
  /** By "profile hit", "profile miss", "item hit", "item miss". */
  looked: Record<string, number>;
}

export function totalsOf(metrics: Metrics): Totals {
  const looked = ["profile", "item"].flatMap((cache) =>
    Object.entries(metrics.sumBy("outcome", `fusion_${cache}_requests_total`)).map(
      ([outcome, count]) => [`${cache} ${outcome}`, count] as const,
    ),
  );
  return {
    counts: metrics.sumBy("stage", "fusion_stage_duration_seconds_count"),
    seconds: metrics.sumBy("stage", "fusion_stage_duration_seconds_sum"),
    looked: Object.fromEntries(looked),
  };
}

/** Milliseconds of each stage for one call, and look-ups for one call, of the calls between two readings. */
export function perCall(before: Totals, after: Totals, calls: number) {
  const more = (part: keyof Totals, name: string) => (after[part][name] ?? 0) - (before[part][name] ?? 0);
  const stages = Object.keys(after.counts).filter((stage) => more("counts", stage) > 0);
  const looked = Object.keys(after.looked);
  return {
    stagesMs: Object.fromEntries(stages.map((stage) => [stage, (more("seconds", stage) / calls) * 1000])),
    lookedUp: Object.fromEntries(looked.map((name) => [name, more("looked", name) / calls])),
  };
}

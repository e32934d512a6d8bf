/** Totals of a process: of its stages, and of what its caches had and had not. */
export interface Totals {
  /** By stage: how often, and how long in all, seconds. */
  stages: Record<string, { count: number; seconds: number }>;
  /** By "profile hit", "profile miss", "item hit", "item miss". */
  looked: Record<string, number>;
}

const SAMPLE = /^([a-z_]+)\{(.*)\} (\S+)$/;

/** Reads Prometheus' text format. */
export function readTotals(text: string): Totals {
  const totals: Totals = { stages: {}, looked: {} };
  for (const line of text.split("\n")) {
    const [, name = "", labels = "", value] = SAMPLE.exec(line) ?? [];
    const label = (key: string) => new RegExp(`(?:^|,)${key}="([^"]*)"`).exec(labels)?.[1] ?? "";
    const part = /^fusion_stage_duration_seconds_(sum|count)$/.exec(name)?.[1];
    const cache = /^fusion_(profile|item)_requests_total$/.exec(name)?.[1];
    if (part !== undefined) {
      const stage = totals.stages[label("stage")] ?? { count: 0, seconds: 0 };
      totals.stages[label("stage")] = stage;
      stage[part === "sum" ? "seconds" : "count"] = Number(value);
    } else if (cache !== undefined) {
      totals.looked[`${cache} ${label("outcome")}`] = Number(value);
    }
  }
  return totals;
}

/** Milliseconds of each stage for one call, and look-ups for one call, of the calls between two readings. */
export function perCall(before: Totals, after: Totals, calls: number) {
  const stagesMs = Object.entries(after.stages).flatMap(([stage, { count, seconds }]) => {
    const had = before.stages[stage] ?? { count: 0, seconds: 0 };
    return count > had.count ? [[stage, ((seconds - had.seconds) / calls) * 1000] as const] : [];
  });
  const looked = Object.entries(after.looked).map(([name, n]) => [name, (n - (before.looked[name] ?? 0)) / calls]);
  return { stagesMs: Object.fromEntries(stagesMs), lookedUp: Object.fromEntries(looked) };
}

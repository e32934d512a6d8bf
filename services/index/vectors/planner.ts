/** How a search was, or would be, answered; made for a person to read. */
export interface Plan {
  /** `exact-all`: a scan of all rows; `exact-rows`: only of those that the filter leaves; `graph`: approximate neighbours with exact scores; `empty`: nothing can match. */
  kind: "exact-all" | "exact-rows" | "graph" | "empty";
  /** What answered: "flat", "faiss", … */
  engine: string;
  /** Rows that pass the filter and live. */
  candidates: number;
  /** What the cost model expected, microseconds of work. */
  estimatedUs: number;
  /** Why this plan, in a sentence. */
  reason: string;
}

/** A plan with what is needed to carry it out. */
export interface Decision extends Plan {
  /** Neighbours to ask of the graph, and candidates that it keeps for that; 0 without one. */
  fetch: number;
  kept: number;
}

/** Estimates, microseconds of work. */
export interface Costs {
  scanUs(rows: number): number;
  scatteredUs(rows: number): number;
  graphUs(candidates: number): number;
}

export interface PlanInput {
  /** All rows, dead ones included. */
  rows: number;
  live: number;
  /** Live rows that pass the filter. */
  candidates: number;
  filtered: boolean;
  k: number;
  /** The caller wants an exact answer. */
  exact: boolean;
  /** Candidates that the graph keeps, as asked. Default: {@link KEPT}. */
  efSearch?: number;
  /** Take the graph wherever it may answer, whatever it costs. Default: what is expected to be cheaper. */
  preferGraph?: boolean;
  graph:
    | {
        engine: string;
        /** Rows in the graph: the first ones. */
        built: number;
        /** As of a graph: the best of what it finds come first. */
        measuresExactly: boolean;
      }
    /** Why there is none. */
    | { none: string };
  costs: Costs;
}

/** A filter that leaves less than this share of the live rows is never answered from a graph. */
export const WEAK_FILTER = 0.5;
/** Candidates that a graph keeps when nobody says. */
const KEPT = 64;
/** Asked of a graph that measures roughly beyond what is needed: what its order got wrong, exact scores put right. */
const SPARE_SHARE = 1.1;
const SPARE = 4;
/** Asked of one that measures exactly at least: it does so with some times as many as it is asked for. */
const LEAST_FETCHED = 10;

/** Choose the way to answer. A filter is answered exactly unless it leaves most rows and a graph is expected to be cheaper. */
export function plan(input: PlanInput): Decision {
  const { rows, live, candidates, filtered, k, exact, graph, costs } = input;
  if (candidates === 0) {
    const reason = live === 0 ? "there are no rows" : `none of ${live} rows passes the filter`;
    return { kind: "empty", engine: "flat", candidates, estimatedUs: 0, reason, fetch: 0, kept: 0 };
  }
  const scanUs = Math.min(costs.scatteredUs(candidates), costs.scanUs(rows));
  const because = (reason: string): Decision => {
    const kind = filtered ? "exact-rows" : "exact-all";
    return { kind, engine: "flat", candidates, estimatedUs: scanUs, reason, fetch: 0, kept: 0 };
  };
  if (exact) return because("an exact answer was asked for");
  if ("none" in graph) return because(graph.none);
  const share = candidates / live;
  if (filtered && share < WEAK_FILTER) {
    return because(`the filter leaves ${percent(share)} of the rows: a graph would miss some of them`);
  }
  const fetch = fetchOf({ rows, candidates, graph, k });
  const kept = Math.max(fetch, input.efSearch ?? KEPT);
  const fresh = rows - graph.built;
  const estimatedUs = costs.graphUs(kept) + costs.scatteredUs(fetch) + (fresh > 0 ? costs.scanUs(fresh) : 0);
  if (!input.preferGraph && estimatedUs >= scanUs) {
    return because(`a scan is expected to take ${us(scanUs)}, the graph ${us(estimatedUs)}`);
  }
  return new GraphDecision(input, graph.engine, { estimatedUs, scanUs, fresh, fetch, kept });
}

/** For the graph; why is put into words for who asks, and few do. */
class GraphDecision implements Decision {
  readonly kind = "graph";
  readonly engine: string;
  readonly candidates: number;
  readonly estimatedUs: number;
  readonly fetch: number;
  readonly kept: number;
  readonly #scanUs: number;
  readonly #fresh: number;
  readonly #isPreferred: boolean;

  constructor(
    { candidates, preferGraph = false }: PlanInput,
    engine: string,
    found: Pick<Decision, "estimatedUs" | "fetch" | "kept"> & { scanUs: number; fresh: number },
  ) {
    this.engine = engine;
    this.candidates = candidates;
    this.estimatedUs = found.estimatedUs;
    this.fetch = found.fetch;
    this.kept = found.kept;
    this.#scanUs = found.scanUs;
    this.#fresh = found.fresh;
    this.#isPreferred = preferGraph;
  }

  get reason(): string {
    const newer = this.#fresh > 0 ? ` and a scan of ${this.#fresh} newer rows` : "";
    const preferred = this.#isPreferred ? "; graphs are preferred" : "";
    return `the graph${newer} is expected to take ${us(this.estimatedUs)}, a scan ${us(this.#scanUs)}${preferred}`;
  }
}

interface Fetched {
  rows: number;
  candidates: number;
  k: number;
  graph: { built: number; measuresExactly: boolean };
}

/** How many neighbours to ask of a graph for `k`: dead and filtered rows are in it as well, so only a share of them counts. */
export function fetchOf({ rows, candidates, graph: { built, measuresExactly }, k }: Fetched): number {
  if (measuresExactly && candidates === rows) return Math.min(built, Math.max(LEAST_FETCHED, k));
  return Math.min(built, Math.ceil((k * SPARE_SHARE + SPARE) / (candidates / rows)));
}

function us(value: number): string {
  return value < 1000 ? `${Math.round(value)} µs` : `${(value / 1000).toFixed(1)} ms`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

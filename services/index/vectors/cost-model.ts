// What is expected before anything was measured. `npm run bench:index -- --only cost-model` measures each of these constants, under
// its name here, on the machine where it runs; results are in bench/results.

/** A scan, nanoseconds for one value of one row: most rows are only looked at as codes (measured: 0.07 to 0.1). */
const SCAN_NS = 0.12;
/** What a scan costs beside its rows, microseconds: a hop to a thread and back. Not part of what is observed. */
const SCAN_FIXED_US = 25;
/** A row that is looked up on its own costs this much more than one of a run. */
const SCATTERED = 1.5;
/** A graph: rows that it compares for each candidate that it keeps. */
const GRAPH_ROWS = 24;
const GRAPH_FIXED_US = 30;
/** Weight of one measurement in the running mean. */
const WEIGHT = 0.05;
/** One measurement counts at most this many times the mean: a search that waited for a processor says little. */
const MOST = 4;

/** What a planner asks and what searches tell it. */
export type Costing = Pick<
  CostModel,
  "scanUs" | "scatteredUs" | "graphUs" | "observeScan" | "observeGraph" | "forgetGraph"
>;

/** What searches of one index cost, microseconds: running means of what was measured, and constants before that. */
export class CostModel {
  readonly #dimensions: number;
  /** Of one value of one row. */
  #scanNs = SCAN_NS;
  /** Of one candidate. */
  #candidateUs: number;

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
    this.#candidateUs = this.#priorCandidateUs();
  }

  /** Comparing so many rows that lie one after the other. */
  scanUs(rows: number): number {
    return SCAN_FIXED_US + (rows * this.#dimensions * this.#scanNs) / 1000;
  }

  /** Comparing so many rows here and there. */
  scatteredUs(rows: number): number {
    return SCAN_FIXED_US + (rows * this.#dimensions * this.#scanNs * SCATTERED) / 1000;
  }

  /** A graph search that keeps so many candidates. */
  graphUs(candidates: number): number {
    return GRAPH_FIXED_US + candidates * this.#candidateUs;
  }

  /** So many rows were compared in so long, the way to a thread not counted; `scattered` as in {@link scatteredUs}. */
  observeScan(rows: number, us: number, scattered = false): void {
    // A small scan is mostly what is around it, from which nothing is learned of the rows.
    if (rows * this.#dimensions < 1_000_000) return;
    const perValue = (us * 1000) / (rows * this.#dimensions * (scattered ? SCATTERED : 1));
    this.#scanNs = mean(this.#scanNs, perValue);
  }

  /** A graph that kept so many candidates took so long, the way to a thread not counted. */
  observeGraph(candidates: number, us: number): void {
    this.#candidateUs = mean(this.#candidateUs, us / candidates);
  }

  /** Another graph: what was measured of the last one says nothing. */
  forgetGraph(): void {
    this.#candidateUs = this.#priorCandidateUs();
  }

  #priorCandidateUs(): number {
    return (GRAPH_ROWS * this.#dimensions * this.#scanNs) / 1000;
  }
}

function mean(before: number, measured: number): number {
  return before + WEIGHT * (Math.min(measured, before * MOST) - before);
}

import { lowerMedian, quantiles } from "./statistics.ts";

/** Latest runs kept of each size. */
const KEPT = 9;
/** What one run of any size makes the knowledge about the other sizes worth. */
const FORGETTING = 0.98;
/** Worth of the line against a size's own runs: one run moves it by a third, five by nine tenths. */
const LINE_WORTH = 2;
/** Latest ratios of real to estimated time. */
const RATIOS = 64;
/** So many of them say how much times spread. */
const ENOUGH_RATIOS = 8;
/** Until then: refuse nobody for it, but let no bulk batch be long for it. */
const UNKNOWN_SPREAD = { safe: 1, slow: 1.5 };
/** More is a disturbance, not a property of the model. */
const MOST_SPREAD = 2;
/** Answers for fewer rows than that are kept. */
const MOST_KNOWN = 256;
/** Less than a microsecond is no time that a run takes. */
const SHORTEST_MS = 1e-3;

interface Size {
  runs: number[];
  medianMs: number;
  /** Number of the latest run of this size. */
  seen: number;
}

interface Knot {
  n: number;
  ms: number;
  weight: number;
}

/**
 * How long a run of n rows takes, for one shape, learned from the runs themselves.
 *
 * A line a + b·n, as Clipper (NSDI'17) and Nexus (SOSP'19) measured it for many networks, is fitted through the
 * medians of the latest runs of each size: least squares with forgetting, a and b never negative. Medians make it
 * robust to pauses and cold starts. Where a size has been run its own median bends the line, because caches end
 * somewhere; made monotone by pooling neighbours (PAVA). One size alone does not tell a from b: then time is taken as
 * proportional, which is too much for more rows and never too little.
 */
export class SizeCurve {
  readonly #sizes = new Map<number, Size>();
  readonly #ratios: number[] = [];
  #runs = 0;
  #line = { a: 0, b: 0 };
  #knots: Knot[] = [];
  #spread = UNKNOWN_SPREAD;
  /** Answers of `typical` by size, until the next run. */
  readonly #known = new Float64Array(MOST_KNOWN);

  /** Whether two sizes have been run, so that the line stands. */
  get identified(): boolean {
    return this.#sizes.size > 1;
  }

  /** What a run costs however many rows it has, in milliseconds; 0 while one size alone is known. */
  get fixedMs(): number {
    return this.#line.a;
  }

  /** The largest size that was run. */
  get largest(): number {
    return this.#knots.at(-1)?.n ?? 0;
  }

  observe(n: number, ms: number): void {
    if (this.#runs > 0) {
      this.#ratios.push(ms / this.typical(n));
      if (this.#ratios.length > RATIOS) this.#ratios.shift();
      if (this.#ratios.length >= ENOUGH_RATIOS) {
        const [safe = 1, slow = 1] = quantiles(this.#ratios, [0.9, 0.98]);
        const bounded = (spread: number) => Math.min(MOST_SPREAD, Math.max(1, spread));
        this.#spread = { safe: bounded(safe), slow: bounded(slow) };
      }
    }
    const size = this.#sizes.get(n) ?? { runs: [], medianMs: 0, seen: 0 };
    size.runs.push(Math.max(SHORTEST_MS, ms));
    if (size.runs.length > KEPT) size.runs.shift();
    size.medianMs = lowerMedian(size.runs);
    size.seen = ++this.#runs;
    this.#sizes.set(n, size);
    this.#fit();
  }

  /** Milliseconds that half of the runs of `n` rows take at most; grows with n. */
  typical(n: number): number {
    const known = this.#known[n] ?? 0;
    if (known > 0) return known;
    const ms = this.#read(n);
    this.#known[n] = ms; // beyond its end nothing is kept
    return ms;
  }

  /** Milliseconds for `n` rows that nine of ten runs keep, by what was seen. */
  safe(n: number): number {
    return this.typical(n) * this.#spread.safe;
  }

  /** Milliseconds for `n` rows that hardly a run exceeds, by what was seen. */
  slow(n: number): number {
    return this.typical(n) * this.#spread.slow;
  }

  /** `safe`, but as long as one size alone is known, more rows than that cost nothing: no guess against anybody. */
  least(n: number): number {
    return this.safe(this.identified ? n : Math.min(n, this.largest));
  }

  #read(n: number): number {
    const after = this.#knots.findIndex((knot) => knot.n >= n);
    const next = this.#knots[after];
    if (!next) {
      const last = this.#knots.at(-1);
      return last ? last.ms + this.#line.b * (n - last.n) : SHORTEST_MS;
    }
    const before = this.#knots[after - 1];
    if (before) return before.ms + ((next.ms - before.ms) * (n - before.n)) / (next.n - before.n);
    // Fewer rows than ever run: along the line, but not below the share of the rows.
    return Math.max((next.ms * n) / next.n, next.ms - this.#line.b * (next.n - n));
  }

  #fit(): void {
    const points = [...this.#sizes]
      .map(([n, { runs, medianMs, seen }]) => ({
        n,
        ms: medianMs,
        weight: Math.max(1e-6, runs.length * FORGETTING ** (this.#runs - seen)),
      }))
      .sort((a, b) => a.n - b.n);
    this.#line = fitLine(points);
    const { a, b } = this.#line;
    const bent = points.map(({ n, ms, weight }) => {
      const trust = weight ** 2 / (weight ** 2 + LINE_WORTH);
      return { n, ms: trust * ms + (1 - trust) * (a + b * n), weight };
    });
    this.#knots = pool(bent);
    this.#known.fill(0);
  }
}

/**
 * Weighted least squares of a + b·n with a, b ≥ 0, of errors relative to the time: runs vary by a share of what they take,
 * and by absolute errors the long ones would decide what the short ones are said to take.
 */
function fitLine(points: readonly Knot[]): { a: number; b: number } {
  const [one, ...others] = points;
  if (others.length === 0) return { a: 0, b: one!.ms / one!.n };
  let [w, wn, wm, wnn, wnm] = [0, 0, 0, 0, 0];
  for (const { n, ms, weight: worth } of points) {
    const weight = worth / ms ** 2;
    w += weight;
    wn += weight * n;
    wm += weight * ms;
    wnn += weight * n * n;
    wnm += weight * n * ms;
  }
  const proportional = { a: 0, b: wnm / wnn };
  const b = (w * wnm - wn * wm) / (w * wnn - wn * wn);
  const a = (wm - b * wn) / w;
  if (!(b >= 0)) return { a: wm / w, b: 0 };
  return a >= 0 ? { a, b } : proportional;
}

/** Pool adjacent violators: the closest values that do not fall as n grows. */
function pool(points: readonly Knot[]): Knot[] {
  const blocks: { ms: number; weight: number; sizes: number[] }[] = [];
  for (const { n, ms, weight } of points) {
    let block = { ms, weight, sizes: [n] };
    for (let last = blocks.at(-1); last && last.ms >= block.ms; last = blocks.at(-1)) {
      blocks.pop();
      const sum = last.weight + block.weight;
      block = {
        ms: (last.ms * last.weight + block.ms * block.weight) / sum,
        weight: sum,
        sizes: [...last.sizes, ...block.sizes],
      };
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ ms, weight, sizes }) => sizes.map((n) => ({ n, ms, weight })));
}

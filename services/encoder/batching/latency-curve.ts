import { SizeCurve } from "./size-curve.ts";

/** A larger batch must bring this much more rows a second to be worth its longer wait. */
const WORTHWHILE = 1.03;

export interface BestBatchOptions {
  /** Most rows. */
  max: number;
  /** The run may take this long usually, in milliseconds. */
  budgetMs: number;
  /** The run may take this long even if it is a slow one, in milliseconds. Default: no bound. */
  slowBudgetMs?: number;
}

export interface LatencyCurveOptions {
  /** Shapes that are remembered; the one not run for longest is forgotten first. Default 256. */
  maxShapes?: number;
}

interface Known {
  curve: SizeCurve;
  /** When the shape was run last. */
  atMs: number;
}

/** Compute time by shape and batch size, learned while serving. See {@link SizeCurve}. */
export class LatencyCurve {
  readonly #maxShapes: number;
  readonly #curves = new Map<string, Known>();

  constructor({ maxShapes = 256 }: LatencyCurveOptions = {}) {
    this.#maxShapes = maxShapes;
  }

  /** A run of `n` rows took `ms` and ended at `atMs`. */
  observe(shape: string, n: number, ms: number, atMs: number): void {
    const known = this.#curves.get(shape) ?? this.#begin(shape);
    known.curve.observe(n, ms);
    known.atMs = atMs;
  }

  #begin(shape: string): Known {
    if (this.#curves.size >= this.#maxShapes) {
      const [stalest] = [...this.#curves].reduce((a, b) => (b[1].atMs < a[1].atMs ? b : a));
      this.#curves.delete(stalest);
    }
    const known = { curve: new SizeCurve(), atMs: 0 };
    this.#curves.set(shape, known);
    return known;
  }

  /** When the shape was run last; undefined: never. */
  measuredAt(shape: string): number | undefined {
    return this.#curves.get(shape)?.atMs;
  }

  /** Milliseconds for `n` rows, the median; undefined: never run. Positive, grows with n. */
  estimate(shape: string, n: number): number | undefined {
    return this.#curves.get(shape)?.curve.typical(n);
  }

  /** Milliseconds for `n` rows that nine of ten runs keep; undefined: never run. Positive, grows with n. */
  safeEstimate(shape: string, n: number): number | undefined {
    return this.#curves.get(shape)?.curve.safe(n);
  }

  /** {@link safeEstimate} to refuse by: as long as one size alone is known, more rows than that cost nothing. */
  leastEstimate(shape: string, n: number): number | undefined {
    return this.#curves.get(shape)?.curve.least(n);
  }

  /** What a run costs beside its rows: what one run instead of two saves. Undefined until two sizes have been run. */
  fixedMs(shape: string): number | undefined {
    const curve = this.#curves.get(shape)?.curve;
    return curve?.identified ? curve.fixedMs : undefined;
  }

  /**
   * The batch size that gives most rows a second within the budget, the smallest of about equally good ones; at least
   * 1, because a single row cannot be made smaller. `max` for a shape that was never run.
   */
  best(shape: string, { max, budgetMs, slowBudgetMs = Number.POSITIVE_INFINITY }: BestBatchOptions): number {
    const curve = this.#curves.get(shape)?.curve;
    if (!curve) return max;
    let best = 1;
    for (let n = 2; n <= max && curve.typical(n) <= budgetMs && curve.slow(n) <= slowBudgetMs; n++) {
      // Where little was run nothing speaks against more: it is how the curve gets known.
      const untried = !curve.identified || (n > curve.largest && n <= 2 * curve.largest);
      if (untried || n / curve.typical(n) >= (WORTHWHILE * best) / curve.typical(best)) best = n;
    }
    return best;
  }
}

import { gaussianDraws } from "../ranking/gaussian.ts";
import type { Gaussian } from "../ranking/rank-types.ts";
import { PRIOR } from "./prior.ts";
import { scoreOf } from "./scoring.ts";

/** An outfit that may be shown. */
export interface Option {
  id: string;
  features: Float32Array;
  /** The garments that were not asked for. */
  added: ReadonlySet<string>;
}

export interface ChooseOptions {
  /** In any order. */
  options: readonly Option[];
  belief: Gaussian;
  /** "baseline": by the prior's means; "adaptive": by Thompson sampling from the belief, or by its means without chance. */
  policy: OutfitPolicy;
  /** Whether "adaptive" explores; without a person nothing would be learned from it. */
  explore: boolean;
  k: number;
  /** 0: only the score counts; 1: no two share a garment that was added. */
  diversity: number;
  random: () => number;
}

export type OutfitPolicy = "baseline" | "adaptive";

export interface Chosen<T extends Option> {
  option: T;
  score: number;
  /** Of this outfit at this place, in (0, 1]. */
  propensity: number;
  otherPropensities: Record<string, number>;
}

export interface Choice<T extends Option> {
  /** Best first. */
  chosen: Chosen<T>[];
  /** What the scores were made with. */
  coefficients: Float64Array;
}

/**
 * How much of the belief's spread is drawn from (its standard deviation × 0.3): with some sixty coefficients the whole of
 * it would drown what is known in the first answers.
 */
const EXPLORATION = 0.3;
/** Further draws by which propensities are estimated. */
const DRAWS = 64;

/**
 * Chooses k of the options: Thompson, Biometrika 1933, one draw of all coefficients an answer. The propensity of an outfit
 * at its place is (the number of 64 further draws that put it there + 1/n) / 65, n being how many options there are, as
 * with single garments, so it is never 0; that of a policy without chance is 1 where it agrees and 0 elsewhere.
 */
export function choose<T extends Option>({
  options,
  belief,
  policy,
  explore,
  k,
  diversity,
  random,
}: {
  options: readonly T[];
} & ChooseOptions): Choice<T> {
  const overlaps = overlapsOf(options);
  const placesBy = (coefficients: Float64Array) =>
    select(
      options.map(({ features }) => scoreOf(features, coefficients)),
      { overlaps, diversity, k },
    );
  const drawInto = gaussianDraws(belief, explore ? EXPLORATION : 0, random);
  const adaptive = () => {
    const drawn = new Float64Array(belief.mean.length);
    drawInto(drawn);
    return drawn;
  };
  const coefficients = policy === "adaptive" ? adaptive() : PRIOR.mean;
  const shown = placesBy(coefficients);
  const baseline = policy === "baseline" ? shown : placesBy(PRIOR.mean);
  const draws = Array.from({ length: explore ? DRAWS : 1 }, () => placesBy(adaptive()));
  const chosen = shown.flatMap((at, place): Chosen<T>[] => {
    const option = options[at];
    if (option === undefined) return [];
    const hits = draws.filter((places) => places[place] === at).length;
    const byBaseline = baseline[place] === at ? 1 : 0;
    const other: Record<string, number> =
      policy === "adaptive" ? { baseline: byBaseline } : { adaptive: hits / draws.length };
    return [
      {
        option,
        score: scoreOf(option.features, coefficients),
        propensity: policy === "adaptive" && explore ? (hits + 1 / options.length) / (draws.length + 1) : 1,
        otherPropensities: other,
      },
    ];
  });
  return { chosen, coefficients };
}

interface Selection {
  overlaps: readonly Float64Array[];
  diversity: number;
  k: number;
}

/**
 * Maximal marginal relevance (Carbonell, Goldstein, SIGIR 1998): each next one has the highest (1 − diversity) × score, from 0 to 1
 * over the options, − diversity × its largest overlap with one chosen before. Then best first.
 */
function select(scores: readonly number[], { overlaps, diversity, k }: Selection): number[] {
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const order = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  const largest = new Float64Array(scores.length);
  const chosen: number[] = [];
  const left = new Set(order);
  while (chosen.length < k && left.size > 0) {
    let best: number | undefined;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (const at of left) {
      const overlap = largest[at] ?? 0;
      if (diversity === 1 && overlap > 0) continue;
      const scaled = high > low ? ((scores[at] ?? 0) - low) / (high - low) : 1;
      const value = (1 - diversity) * scaled - diversity * overlap;
      if (value > bestValue) [best, bestValue] = [at, value];
    }
    if (best === undefined) break;
    left.delete(best);
    chosen.push(best);
    const ofBest = overlaps[best];
    for (const at of left) largest[at] = Math.max(largest[at] ?? 0, ofBest?.[at] ?? 0);
  }
  return chosen.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
}

/** For each two, the part of the smaller one's added garments that the other has too, 0 to 1. */
function overlapsOf(options: readonly Option[]): Float64Array[] {
  return options.map(({ added }) =>
    Float64Array.from(options, ({ added: other }) => {
      const smaller = Math.min(added.size, other.size);
      return smaller === 0 ? 0 : shared(added, other) / smaller;
    }),
  );
}

function shared(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let count = 0;
  for (const id of a) if (b.has(id)) count += 1;
  return count;
}

import type { Comparison } from "./belief.ts";

/** Most comparisons that one event makes: those with the nearest places. */
export const MOST_COMPARISONS = 10;

/**
 * What a comparison counts: one answer makes up to ten of them, and they are not ten independent facts. Of 0.25, 0.5 and 1 the one
 * with the best curve on training populations of the simulator.
 */
export const COUNTS = 0.25;

/** What was shown, best place first, and how it was answered to before this event. */
export interface ShownPlaces {
  features: readonly Float32Array[];
  /** By place: 1, −1, or undefined for no answer. */
  answers: readonly (1 | -1 | undefined)[];
}

/**
 * The comparisons that an answer to the item at `place` makes: a yes is preferred to the others that got no yes, and to a no
 * everything is preferred that got no no; the ten nearest places of them.
 *
 * Only to compare with what stands above ("click > skip above", Joachims et al., SIGIR 2005) teaches to turn the list round:
 * every such pair speaks against the order that was shown. So both sides count.
 *
 * @param strength −1 to 1, not 0.
 */
export function comparisonsOf({ features, answers }: ShownPlaces, place: number, strength: number): Comparison[] {
  const answered = features[place];
  if (answered === undefined) return [];
  const answer = strength > 0 ? 1 : -1;
  const others: number[] = [];
  // Nearest first, so that the cut keeps those.
  for (let distance = 1; distance < features.length && others.length < MOST_COMPARISONS; distance++) {
    for (const other of [place - distance, place + distance]) {
      if (other >= 0 && other < features.length && answers[other] !== answer) others.push(other);
    }
  }
  const weight = COUNTS * Math.min(1, Math.abs(strength));
  return others.slice(0, MOST_COMPARISONS).map((other) => {
    const [better, worse] = answer > 0 ? [answered, features[other]!] : [features[other]!, answered];
    return { difference: difference(better, worse), weight };
  });
}

/** In double precision. */
function difference(a: Float32Array, b: Float32Array): Float64Array {
  if (a.length !== b.length) throw new RangeError(`expected features of one length, got ${a.length} and ${b.length}`);
  return Float64Array.from(a, (value, i) => value - (b[i] as number));
}

import type { Comparison } from "./belief.ts";

/** Most comparisons that one event makes: those with the nearest places. */
export const MOST_COMPARISONS = 10;

/** What was shown, best place first, and how it was answered to before this event. */
export interface ShownPlaces {
  features: readonly Float32Array[];
  /** By place: 1, −1, or undefined for no answer. */
  answers: readonly (1 | -1 | undefined)[];
}

/**
 * The comparisons that an answer to the item at `place` makes.
 *
 * A yes: it is preferred to everything shown before it, and to the next one, that got no yes itself ("click > skip above"
 * and "click > no click next": Joachims, Granka, Pan, Hembrooke, Gay, "Accurately Interpreting Clickthrough Data as
 * Implicit Feedback", SIGIR 2005: people look from the top, so what stands above was most likely seen, and the next one too).
 * A no: whatever got a yes is preferred to it, and so are its two neighbours if they got no no.
 *
 * @param strength −1 to 1, not 0: how much each comparison counts.
 */
export function comparisonsOf({ features, answers }: ShownPlaces, place: number, strength: number): Comparison[] {
  const answered = features[place];
  if (answered === undefined) return [];
  const yes = strength > 0;
  const others: number[] = [];
  // Nearest first, so that the cut keeps those.
  for (let distance = 1; distance < features.length && others.length < MOST_COMPARISONS; distance++) {
    const [above, below] = [place - distance, place + distance];
    if (above >= 0 && counts(answers[above], yes, distance, true)) others.push(above);
    if (below < features.length && counts(answers[below], yes, distance, false)) others.push(below);
  }
  const weight = Math.min(1, Math.abs(strength));
  return others.slice(0, MOST_COMPARISONS).map((other) => {
    const [better, worse] = yes ? [answered, features[other]!] : [features[other]!, answered];
    return { difference: difference(better, worse), weight };
  });
}

function counts(answer: 1 | -1 | undefined, yes: boolean, distance: number, above: boolean): boolean {
  if (yes) return answer === -1 || (answer === undefined && (above || distance === 1));
  return answer === 1 || (answer === undefined && distance === 1);
}

/** In double precision. */
function difference(a: Float32Array, b: Float32Array): Float64Array {
  if (a.length !== b.length) throw new RangeError(`expected features of one length, got ${a.length} and ${b.length}`);
  return Float64Array.from(a, (value, i) => value - (b[i] as number));
}

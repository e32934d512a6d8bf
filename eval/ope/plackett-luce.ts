/**
 * Ways to rank by chance, with the exact probability of every item at every place.
 *
 * Items are drawn one after the other without putting back, each with a chance in proportion to its strength (Plackett,
 * 1975; Luce, 1959). The order by falling strength is the same thing in the limit of large differences.
 */
export interface RankingLaw {
  /** `items × places`, row by row: the probability of the item at the place. Columns sum to 1. */
  marginals: Float64Array;
  /** Items in the order of one draw, as many as there are places. */
  draw(random: () => number): number[];
}

/** Orders by falling score, always the same; of equals the first is first. */
export function fixedOrder(scores: readonly number[], places: number): RankingLaw {
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, places);
  const marginals = new Float64Array(scores.length * places);
  for (const [place, item] of order.entries()) marginals[item * places + place] = 1;
  return { marginals, draw: () => order };
}

/** Strengths are exp(score / temperature). At most 16 items: their subsets are gone through. */
export function plackettLuce(scores: readonly number[], temperature: number, places: number): RankingLaw {
  if (scores.length > 16) throw new RangeError(`expected at most 16 items, got ${scores.length}`);
  const highest = Math.max(...scores);
  const strengths = scores.map((score) => Math.exp((score - highest) / temperature));
  return { marginals: exactMarginals(strengths, places), draw: (random) => drawOrder(strengths, places, random) };
}

/** By the sets of items that may fill the places before: they are few, unlike the orders. */
function exactMarginals(strengths: readonly number[], places: number): Float64Array {
  const marginals = new Float64Array(strengths.length * places);
  const whole = strengths.reduce((sum, one) => sum + one, 0);
  let reached = new Map([[0, { probability: 1, taken: 0 }]]);
  for (let place = 0; place < places; place++) {
    const next: typeof reached = new Map();
    for (const [set, { probability, taken }] of reached) {
      for (const [item, strength] of strengths.entries()) {
        if (set & (1 << item)) continue;
        const chance = (probability * strength) / (whole - taken);
        marginals[item * places + place]! += chance;
        const key = set | (1 << item);
        const before = next.get(key)?.probability ?? 0;
        next.set(key, { probability: before + chance, taken: taken + strength });
      }
    }
    reached = next;
  }
  return marginals;
}

function drawOrder(strengths: readonly number[], places: number, random: () => number): number[] {
  const left = [...strengths.keys()];
  const order: number[] = [];
  while (order.length < places) {
    const at = drawIndex(
      left.map((item) => strengths[item]!),
      random,
    );
    order.push(...left.splice(at, 1));
  }
  return order;
}

/** The position of one of the weights, with a chance in proportion to it. */
export function drawIndex(weights: readonly number[], random: () => number): number {
  let point = random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [at, weight] of weights.entries()) {
    point -= weight;
    if (point < 0) return at;
  }
  return weights.length - 1; // rounding
}

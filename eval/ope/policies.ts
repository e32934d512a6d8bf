import { fixedOrder, plackettLuce, type RankingLaw } from "./plackett-luce.ts";
import { expectedReward, type Situation, type World } from "./world.ts";

/** Coefficients of each policy's score; a temperature above 0 for those that rank by chance. */
const POLICIES = {
  /** One feature alone. */
  baseline: { coefficients: [1, 0, 0, 0, 0], temperature: 0 },
  /** A fixed mixture. */
  convex: { coefficients: [0.6, 0.4, 0, 0, 0], temperature: 0 },
  /** Near to the people's taste, and curious. */
  adaptive: { coefficients: [1, 0.7, -0.5, 0.4, 0], temperature: 1 },
  /** As it began: hardly anything is known, nearly all is tried. */
  curious: { coefficients: [0.3, 0.2, 0, 0, 0], temperature: 1 },
} as const;

export type SimulatedPolicy = keyof typeof POLICIES;
export const POLICY_NAMES = Object.keys(POLICIES) as SimulatedPolicy[];

/** How a policy ranks each situation. */
export type Laws = Record<SimulatedPolicy, RankingLaw[]>;

export function lawsOf(world: World): Laws {
  const law = (name: SimulatedPolicy) => (situation: Situation) => {
    const { coefficients, temperature } = POLICIES[name];
    const scores = situation.garments.map(({ features }) =>
      features.reduce((sum, x, i) => sum + x * coefficients[i]!, 0),
    );
    return temperature === 0 ? fixedOrder(scores, world.places) : plackettLuce(scores, temperature, world.places);
  };
  return Object.fromEntries(POLICY_NAMES.map((name) => [name, world.situations.map(law(name))])) as Laws;
}

/** What the policy earns in the mean over the situations, exactly. */
export function trueValue(world: World, laws: readonly RankingLaw[]): number {
  let sum = 0;
  for (const [at, { garments }] of world.situations.entries()) {
    for (const [item, garment] of garments.entries()) {
      for (let place = 0; place < world.places; place++) {
        sum += laws[at]!.marginals[item * world.places + place]! * expectedReward(world, garment, place);
      }
    }
  }
  return sum / world.situations.length;
}

/** The mean features of what a law shows, one place after the other. */
export function expectedFeatures({ garments }: Situation, { marginals }: RankingLaw, places: number): Float32Array {
  const length = garments[0]?.features.length ?? 0;
  const sums = new Float64Array(length * places);
  for (const [item, { features }] of garments.entries()) {
    for (let place = 0; place < places; place++) {
      const share = marginals[item * places + place]!;
      for (let i = 0; i < length; i++) sums[place * length + i]! += share * features[i]!;
    }
  }
  return Float32Array.from(sums);
}

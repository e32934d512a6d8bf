import type { LoggedRecommendation } from "../../services/feedback/evaluation/logged.ts";
import { drawIndex } from "./plackett-luce.ts";
import { expectedFeatures, type Laws, POLICY_NAMES, type SimulatedPolicy, trueValue } from "./policies.ts";
import { drawReward, type World } from "./world.ts";

/** Who shows what, and how it is logged. */
export interface Scenario {
  name: string;
  /** Policy to share of the recommendations, by chance. */
  loggers: Partial<Record<SimulatedPolicy, number>>;
  target: SimulatedPolicy;
  recommendations: number;
  /** Draws of which logged propensities are made, as the mesh does; absent: they are exact. */
  propensityDraws?: number;
  /** The log has no expected features: the reward model knows place and kind alone. */
  withoutExpected?: boolean;
  /** People stop at the first garment that they answer to: what a place earns depends on those before it. */
  cascade?: boolean;
}

const TRUTH_RECOMMENDATIONS = 100_000;

/** One log of a scenario. */
export function simulateLog(
  world: World,
  laws: Laws,
  scenario: Scenario,
  random: () => number,
): LoggedRecommendation[] {
  return Array.from({ length: scenario.recommendations }, () => {
    const at = Math.floor(random() * world.situations.length);
    const situation = world.situations[at]!;
    const policy = chosen(scenario.loggers, random);
    const order = laws[policy][at]!.draw(random);
    const chances = Object.fromEntries(
      POLICY_NAMES.map((name) => [
        name,
        marginalsAsLogged(world, laws, name, at, order, scenario, name === policy, random),
      ]),
    );
    let stopped = false;
    const places = order.map((item, place) => {
      const garment = situation.garments[item]!;
      const reward = stopped ? 0 : drawReward(world, garment, place, random);
      stopped ||= scenario.cascade === true && reward !== 0;
      const propensities = Object.fromEntries(POLICY_NAMES.map((name) => [name, chances[name]![place]!]));
      return { propensities, reward, features: garment.features };
    });
    const expected = scenario.withoutExpected
      ? {}
      : Object.fromEntries(
          POLICY_NAMES.map((name) => [name, expectedFeatures(situation, laws[name][at]!, world.places)]),
        );
    return { policy, kind: situation.kind, layout: "sim/1", places, expectedFeatures: expected };
  });
}

/** What the target of a scenario earns: exactly, or, when people stop, the mean of many recommendations of its own. */
export function truthOf(world: World, laws: Laws, scenario: Scenario, random: () => number): number {
  if (!scenario.cascade) return trueValue(world, laws[scenario.target]);
  const own = { ...scenario, loggers: { [scenario.target]: 1 }, recommendations: TRUTH_RECOMMENDATIONS };
  const rewards = simulateLog(world, laws, own, random).flatMap(({ places }) => places.map(({ reward }) => reward));
  return rewards.reduce((sum, reward) => sum + reward, 0) / TRUTH_RECOMMENDATIONS;
}

/** The probability of each shown item at its place: exact, or the smoothed share of draws in which it stands there. */
function marginalsAsLogged(
  world: World,
  laws: Laws,
  name: SimulatedPolicy,
  at: number,
  order: readonly number[],
  { propensityDraws }: Scenario,
  showedIt: boolean,
  random: () => number,
): number[] {
  const law = laws[name][at]!;
  const exact = order.map((item, place) => law.marginals[item * world.places + place]!);
  if (propensityDraws === undefined || exact.every((one) => one === 0 || one === 1)) return exact;
  const hits = new Array<number>(order.length).fill(showedIt ? 1 : 0); // its own draw is one of them
  for (let draw = 0; draw < propensityDraws; draw++) {
    for (const [place, item] of law.draw(random).entries()) if (order[place] === item) hits[place]! += 1;
  }
  return hits.map((count) => count / (propensityDraws + (showedIt ? 1 : 0)));
}

function chosen(shares: Scenario["loggers"], random: () => number): SimulatedPolicy {
  const names = Object.keys(shares) as SimulatedPolicy[];
  return names[
    drawIndex(
      names.map((name) => shares[name] ?? 0),
      random,
    )
  ]!;
}

import { DEFAULT_PRIORS, initialCommon } from "../../services/feedback/learning/default-priors.ts";
import { MODELS, type PolicyName, type RankOutput } from "../../services/fusion/ranking/rank-types.ts";
import type { SeenWorld } from "../seen-world.ts";
import { gainsOf, ndcg, singleModel } from "./gains.ts";
import { attention, type Person, yesChance } from "./people.ts";
import type { Query } from "./queries.ts";
import { seeded } from "./random.ts";
import { commonFor, SHOWN, Shopper } from "./shopper.ts";
import { meanRow } from "./statistics.ts";
import type { Convex } from "./tune-convex.ts";
import type { Village, Villager } from "./village.ts";

/** Numbers of a person's events after which they are judged. */
export const CHECKPOINTS = [0, 1, 2, 3, 5, 7, 10, 15, 20] as const;
/** Lists of a person over which regret is summed. */
export const LISTS = 12;

/**
 * Means over the people of one population: NDCG@10 of every method on the judged queries ("rrf", "convex", "clip", …,
 * "adaptive@n" after n events), and "regret.<policy>", the sum over the first lists of what the best list would have earned
 * in looked-at yeses more than the list that was shown.
 */
export function learningCurves(
  world: SeenWorld,
  village: Village,
  convex: Convex,
  priors = DEFAULT_PRIORS,
): Record<string, number> {
  const common = initialCommon(priors);
  const ranked = commonFor(common, convex, village.popularity);
  return meanRow(
    village.people.map((villager, index) => {
      const shopper = () => new Shopper(world, common, ranked);
      const random = seeded(village.seed, 8, index);
      const judged = villager.judgedQueries.map((query) => ({ query, gains: gainsOf(villager.person, query) }));
      return {
        ...fixedMethods(villager, judged, shopper(), random),
        ...adaptive(villager, judged, shopper(), random),
      };
    }),
  );
}

/** Queries on which a person is judged, and what each candidate is worth to them. */
type Judged = readonly { query: Query; gains: ReadonlyMap<string, number> }[];

/** Mean NDCG@10 of the orders that a method gives. */
function meanNdcg(judged: Judged, order: (query: Query) => readonly string[]): number {
  return judged.reduce((sum, { query, gains }) => sum + ndcg(order(query), gains), 0) / judged.length;
}

function fixedMethods(
  { person, learningQueries }: Villager,
  judged: Judged,
  shopper: Shopper,
  random: () => number,
): Record<string, number> {
  const row: Record<string, number> = {};
  for (const model of MODELS) row[model] = meanNdcg(judged, (query) => singleModel(query, model));
  for (const [name, policy] of [
    ["rrf", "baseline"],
    ["convex", "convex"],
  ] as const) {
    const recommend = (query: Query) => shopper.recommend(query, policy, random);
    row[name] = meanNdcg(judged, (query) => idsOf(recommend(query)));
    row[`regret.${name}`] = learningQueries
      .slice(0, LISTS)
      .reduce((sum, query) => sum + regretOf(person, query, recommend(query)), 0);
  }
  return row;
}

/** A life with the adaptive policy, judged on the way as it is: with its draws. */
function adaptive(
  { person, learningQueries }: Villager,
  judged: Judged,
  shopper: Shopper,
  random: () => number,
): Record<string, number> {
  const row: Record<string, number> = { "regret.adaptive": 0 };
  const policy: PolicyName = "adaptive";
  const judge = (events: number) => {
    if (!(CHECKPOINTS as readonly number[]).includes(events)) return;
    row[`adaptive@${events}`] = meanNdcg(judged, (query) => idsOf(shopper.recommend(query, policy, random)));
  };
  judge(0);
  const last = CHECKPOINTS[CHECKPOINTS.length - 1] as number;
  for (let list = 0; list < LISTS || shopper.events < last; list++) {
    if (list > 1000) throw new Error(`expected ${last} answers to 1000 lists, got ${shopper.events}`);
    const query = learningQueries[list % learningQueries.length] as Query;
    const output = shopper.recommend(query, policy, random);
    if (list < LISTS) row["regret.adaptive"] = (row["regret.adaptive"] as number) + regretOf(person, query, output);
    shopper.answer(person, query, output, judge);
  }
  return row;
}

function idsOf({ items }: RankOutput): string[] {
  return items.map(({ id }) => id);
}

/** Yeses that the person would be expected to give to the best list, less those to this one. */
function regretOf(person: Person, query: Query, { items }: RankOutput): number {
  const worth = new Map(query.candidates.map(({ id }, i) => [id, yesChance(person, person.utility(query, i))]));
  const earned = (chances: readonly number[]) =>
    chances.slice(0, SHOWN).reduce((sum, chance, place) => sum + attention(place) * chance, 0);
  const best = [...worth.values()].sort((a, b) => b - a);
  return earned(best) - earned(items.map(({ id }) => worth.get(id) ?? 0));
}

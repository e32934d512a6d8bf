import { initialCommon } from "../../services/feedback/learning/default-priors.ts";
import { popularityOf } from "../../services/feedback/learning/profile.ts";
import type { ItemCount } from "../../services/feedback/learning/state.ts";
import type { SeenWorld } from "../seen-world.ts";
import { MANIFOLD, type Person, type Population, personOf, populationOf } from "./people.ts";
import type { Query } from "./queries.ts";
import { seeded } from "./random.ts";
import { commonFor, Shopper } from "./shopper.ts";

/** Populations whose people the prior, the weights of `convex` and all constants are made of. No evaluation meets them. */
export const TRAINING_SEEDS: readonly number[] = Array.from({ length: 24 }, (_, i) => 1_000_001 + i);
/** Lists that the people before saw, by whose answers items are popular. */
const EARLIER = { people: 40, lists: 10 };

export interface Villager {
  person: Person;
  /** What they ask while the mesh learns. */
  learningQueries: Query[];
  /** What they ask when it is judged: other photographs and sentences. */
  judgedQueries: Query[];
}

/** One population with its people. */
export interface Village {
  seed: number;
  population: Population;
  people: Villager[];
  popularity: Map<string, number>;
}

export function villageOf(
  world: SeenWorld,
  queries: readonly Query[],
  seed: number,
  count: number,
  manifold = MANIFOLD,
): Village {
  const population = populationOf(world.catalogue, seed, manifold);
  const random = seeded(seed, 4);
  const shuffled = shuffle(queries, random);
  const half = Math.floor(shuffled.length / 2);
  const [learning, judged] = [shuffled.slice(0, half), shuffled.slice(half)];
  const villager = (index: number): Villager => {
    const own = seeded(seed, 5, index);
    return {
      person: personOf(population, world.catalogue, learning.slice(0, 8), seed, index),
      learningQueries: shuffle(learning, own),
      judgedQueries: mixed(shuffle(judged, own)),
    };
  };
  const earlier = Array.from({ length: EARLIER.people }, (_, i) => villager(1_000_000 + i));
  return {
    seed,
    population,
    people: Array.from({ length: count }, (_, i) => villager(i)),
    popularity: popularityAmong(world, earlier, random),
  };
}

/** Twelve queries: eight photographs and four sentences. */
function mixed(queries: readonly Query[]): Query[] {
  const ofKind = (kind: Query["kind"], count: number) => queries.filter((query) => query.kind === kind).slice(0, count);
  return [...ofKind("photo", 8), ...ofKind("text", 4)];
}

/** What people before said of lists in the order of reciprocal rank fusion. */
function popularityAmong(world: SeenWorld, people: readonly Villager[], random: () => number): Map<string, number> {
  const common = initialCommon({});
  const ranked = commonFor(common, {}, new Map());
  const counts = new Map<string, ItemCount>();
  for (const { person, learningQueries } of people) {
    const shopper = new Shopper(world, common, ranked);
    for (const query of learningQueries.slice(0, EARLIER.lists)) {
      shopper.answer(person, query, shopper.recommend(query, "baseline", random), () => {});
    }
    for (const { itemId, shown, positive, negative } of shopper.counts) {
      const known = counts.get(itemId) ?? { itemId, shown: 0, positive: 0, negative: 0 };
      counts.set(itemId, {
        itemId,
        shown: known.shown + shown,
        positive: known.positive + positive,
        negative: known.negative + negative,
      });
    }
  }
  return popularityOf([...counts.values()]);
}

/** In a random order. */
export function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}

import { initialCommon } from "../../services/feedback/learning/default-priors.ts";
import type { PersonState } from "../../services/feedback/learning/state.ts";
import { MODELS, type RankOutput } from "../../services/fusion/ranking/rank-types.ts";
import { dot } from "../measures.ts";
import type { SeenWorld } from "../seen-world.ts";
import { singleModel } from "./gains.ts";
import type { Query } from "./queries.ts";
import { seeded } from "./random.ts";
import { commonFor, SHOWN, Shopper } from "./shopper.ts";
import { meanRow } from "./statistics.ts";
import type { Convex } from "./tune-convex.ts";
import { shuffle, type Village } from "./village.ts";

/** Lists that a person saw. */
const LISTS = 15;

/** What is held back of a person, and what was known before. */
interface HeldOut {
  query: Query;
  itemId: string;
  before: PersonState | undefined;
}

/**
 * Leave-last-out, as RecBole's protocol has it: of every person's log the last yes is held back, the rest is replayed, and each
 * method orders all candidates of the query at which that yes was given. Lists of the log are random ones, so that no
 * method has chosen what could be liked. "<method>.ndcg", ".recall", ".mrr", each @10 with one relevant item; ".coverage",
 * the part of the catalogue that stands in anybody's ten; ".diversity", 1 − mean cosine within a ten.
 */
export function replay(world: SeenWorld, village: Village, convex: Convex): Record<string, number> {
  const common = initialCommon();
  const ranked = commonFor(common, convex, village.popularity);
  const seen = new Map<string, Set<string>>();
  const rows = village.people.flatMap(({ person, learningQueries }, index) => {
    const random = seeded(village.seed, 9, index);
    const shopper = new Shopper(world, common, ranked);
    let heldOut: HeldOut | undefined;
    for (const query of learningQueries.slice(0, LISTS)) {
      const before = shopper.state;
      const last = shopper
        .answer(person, query, randomList(shopper, query, random), () => {})
        .findLast(({ yes }) => yes);
      if (last) heldOut = { query, itemId: last.itemId, before };
    }
    if (!heldOut) return [];
    const { query, itemId, before } = heldOut;
    const then = new Shopper(world, common, ranked, before);
    const idsOf = ({ items }: RankOutput) => items.map(({ id }) => id);
    const orders: Record<string, string[]> = {
      ...Object.fromEntries(MODELS.map((model) => [model, singleModel(query, model)])),
      rrf: idsOf(then.recommend(query, "baseline", random)),
      convex: idsOf(then.recommend(query, "convex", random)),
      adaptive: idsOf(then.recommend(query, "adaptive", random)),
      "adaptive+mmr": idsOf(then.recommend(query, "adaptive", random, 0.1)),
    };
    const row: Record<string, number> = {};
    for (const [name, ids] of Object.entries(orders)) {
      const place = ids.indexOf(itemId);
      row[`${name}.ndcg`] = place < 0 ? 0 : 1 / Math.log2(place + 2);
      row[`${name}.recall`] = place < 0 ? 0 : 1;
      row[`${name}.mrr`] = place < 0 ? 0 : 1 / (place + 1);
      row[`${name}.diversity`] = diversityOf(world, ids);
      const known = seen.get(name) ?? new Set();
      for (const id of ids) known.add(id);
      seen.set(name, known);
    }
    return [row];
  });
  const coverage = [...seen].map(([name, ids]) => [`${name}.coverage`, ids.size / world.catalogue.length]);
  return { ...meanRow(rows), ...Object.fromEntries(coverage) };
}

function randomList(shopper: Shopper, query: Query, random: () => number): RankOutput {
  const output = shopper.recommend(query, "baseline", random, 0, query.candidates.length);
  const places = shuffle([...output.items.keys()], random).slice(0, SHOWN);
  const width = output.features.length / output.items.length;
  const features = new Float32Array(places.length * width);
  for (const [to, place] of places.entries()) {
    features.set(output.features.subarray(place * width, (place + 1) * width), to * width);
  }
  return { ...output, items: places.map((place) => output.items[place]!), features };
}

function diversityOf({ catalogue }: SeenWorld, ids: readonly string[]): number {
  const vectors = ids.map((id) => catalogue[Number(id.slice("item-".length))]!.vectors[MODELS.indexOf("fashion")]!);
  let [sum, pairs] = [0, 0];
  for (const [i, a] of vectors.entries()) {
    for (const b of vectors.slice(i + 1)) {
      sum += 1 - dot(a, b);
      pairs++;
    }
  }
  return sum / pairs;
}

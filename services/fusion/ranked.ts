import type { MessageInitShape } from "@bufbuild/protobuf";
import type { RecommendedItemSchema } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import type { CandidateList } from "./candidates.ts";
import { type ExplainedQuery, explain } from "./explain.ts";
import type { StoredGarment } from "./garment-store.ts";
import { isModel, NEWEST, POPULAR } from "./home.ts";
import type { LearnedPerson } from "./learned/learned.ts";
import type { Candidate, RankOutput } from "./ranking/rank-types.ts";
import { shownParts } from "./shown-parts.ts";
import type { IndexedItem } from "./vectors.ts";

/** The lists as candidates: only what can be shown, so that "first" is true for who reads it, with the vectors that the Index has of it. */
export function toCandidates(
  lists: readonly CandidateList[],
  garments: ReadonlyMap<string, StoredGarment>,
  items: ReadonlyMap<string, IndexedItem>,
): Candidate[] {
  const cosines = new Map<string, Map<string, number>>();
  for (const { model, found } of lists) {
    for (const [id, score] of found) {
      if (!garments.has(id)) continue;
      const known = cosines.get(id) ?? new Map<string, number>();
      cosines.set(id, known.set(model, score));
    }
  }
  return [...cosines].flatMap(([id, ofItem]) => {
    const garment = garments.get(id);
    if (garment === undefined) return [];
    const { category, colour, ownerId } = garment;
    const vectors = items.get(id)?.vectors;
    return [{ id, cosines: ofItem, category, colour, owned: ownerId !== "", ...(vectors && { vectors }) }];
  });
}

export interface ShownContext {
  lists: readonly CandidateList[];
  garments: ReadonlyMap<string, StoredGarment>;
  query: ExplainedQuery;
  person: LearnedPerson | undefined;
}

/** The ranked garments as they are answered, each with the reason why. */
export function toItems(
  ranked: RankOutput,
  { lists, garments, query, person }: ShownContext,
): MessageInitShape<typeof RecommendedItemSchema>[] {
  const ranks = lists.map(({ model, found }) => {
    const visible = [...found.keys()].filter((id) => garments.has(id));
    return { model, places: new Map(visible.map((id, at) => [id, at + 1])) };
  });
  const isNew = ranks.find(({ model }) => model === NEWEST)?.places;
  const isPopular = ranks.find(({ model }) => model === POPULAR)?.places;
  return ranked.items.flatMap(({ id, score, propensity }, place) => {
    const garment = garments.get(id);
    if (garment === undefined) return [];
    const parts = ranked.partsOf(place);
    const { ownerId, category, colour, caption, priceCents, tags } = garment;
    const models = ranks.filter(({ model }) => isModel(model));
    const reason = explain(
      {
        ranks: new Map(models.flatMap(({ model, places }) => (places.has(id) ? [[model, places.get(id) ?? 0]] : []))),
        category,
        colour,
        liked: person?.liked.has(id) ?? false,
        isNew: isNew?.has(id) ?? false,
        isPopular: isPopular?.has(id) ?? false,
        parts,
      },
      query,
    );
    const scores = Object.fromEntries(
      lists.flatMap(({ model, found }) => (isModel(model) && found.has(id) ? [[model, found.get(id) ?? 0]] : [])),
    );
    const shown = { id, category, colour, caption, priceCents, tags, owned: ownerId !== "" };
    return [{ ...shown, score, scores, propensity, parts: shownParts(parts), reason }];
  });
}

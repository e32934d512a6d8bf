import type { CandidateList } from "./candidates.ts";
import { type GarmentFilter, passes } from "./filters.ts";
import type { GarmentStore, StoredGarment } from "./garment-store.ts";

/** Lists of the home feed that no model made. They count as models do in reciprocal rank fusion. */
export const POPULAR = "popular";
export const NEWEST = "newest";
export const isModel = (name: string) => name !== POPULAR && name !== NEWEST;

export interface HomeOptions {
  store: Pick<GarmentStore, "find" | "newest">;
  /** Item ids, the most popular first. */
  popular: readonly string[];
  popularity: ReadonlyMap<string, number>;
  filter: GarmentFilter;
  /** Never these. */
  exclude: ReadonlySet<string>;
  /** How many of each list. */
  limit: number;
}

/** What everybody may be shown who asks for nothing: what others like, and what is new. */
export async function homeLists({ store, popular, popularity, filter, exclude, limit }: HomeOptions) {
  const wanted = popular.filter((id) => !exclude.has(id));
  const [liked, newest] = await Promise.all([
    store.find(wanted, filter.owners),
    store.newest(filter, limit + exclude.size),
  ]);
  const shown = new Map(liked.filter((garment) => passes(garment, filter)).map((garment) => [garment.id, garment]));
  const popularIds = wanted.filter((id) => shown.has(id)).slice(0, limit);
  const recent = newest.filter(({ id }) => !exclude.has(id)).slice(0, limit);
  const lists: CandidateList[] = [
    { model: POPULAR, found: new Map(popularIds.map((id) => [id, popularity.get(id) ?? 0])) },
    { model: NEWEST, found: new Map(recent.map(({ id }, at) => [id, 1 - at / limit])) },
  ];
  const garments = new Map<string, StoredGarment>(recent.map((garment) => [garment.id, garment]));
  for (const id of popularIds) {
    const garment = shown.get(id);
    if (garment) garments.set(id, garment);
  }
  return { lists: lists.filter(({ found }) => found.size > 0), garments };
}

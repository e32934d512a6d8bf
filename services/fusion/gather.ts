import type { RecommendRequest } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { type CandidateList, candidatesFor, findCandidates } from "./candidates.ts";
import type { Degraded } from "./degraded.ts";
import { type GarmentFilter, passes } from "./filters.ts";
import { parseGarmentId } from "./garment-id.ts";
import type { StoredGarment } from "./garment-store.ts";
import { homeLists } from "./home.ts";
import type { LearnedPerson } from "./learned/learned.ts";
import type { Asker } from "./person.ts";
import { type QueryMeaning, understand } from "./query.ts";
import type { RecommendOptions } from "./recommend.ts";
import type { Taste } from "./taste.ts";
import { halfOfTheTimeLeft } from "./time-left.ts";

/** What a recommendation may show, and what is known of what was asked. */
export interface Gathered {
  meaning: QueryMeaning;
  lists: CandidateList[];
  /** Those of the lists that may be shown. */
  garments: ReadonlyMap<string, StoredGarment>;
  taste: Taste | undefined;
}

export interface GatherQuery {
  request: RecommendRequest;
  filter: GarmentFilter;
  k: number;
  asker: Promise<Asker>;
}

/** What is asked for without a query. */
const HOME: QueryMeaning = { kind: "home", embeddings: [], missing: [], category: "", colour: "", caption: "" };

/**
 * For a query what is near to it; without one what is near to what the person liked, what others like, and what is new. What
 * does not need another's answer is asked for at the same time.
 */
export async function gather(
  { request, filter, k, asker }: GatherQuery,
  options: RecommendOptions,
  degraded: Degraded,
): Promise<Gathered> {
  const { upstreams, store, stages } = options;
  const atHome = request.query.case === undefined;
  const understood = atHome ? HOME : stages.time("understand", () => understand(request, options));
  const tasting = asker.then(({ person }) => person && tasteOf(person));
  const [meaning, taste, near, home] = await Promise.all([understood, tasting, search(), atHome ? feed() : undefined]);
  for (const model of meaning.missing) degraded.add(`model:${model}`);
  const garments = await stages.time("join", () => join(near, home?.garments));
  return { meaning, lists: [...near, ...(home?.lists ?? [])], garments, taste };

  function tasteOf(person: LearnedPerson): Promise<Taste | undefined> {
    const made = () => degraded.orWithout("index", () => options.tasteOf(person), undefined);
    return stages.time("taste", made);
  }

  /** At home nothing is shown that the person answered to already; elsewhere nothing that they did not want. */
  function excludedFor({ person }: Asker): Set<string> {
    return new Set([...(person?.disliked ?? []), ...(atHome ? (person?.liked ?? []) : [])]);
  }

  async function search(): Promise<CandidateList[]> {
    const [{ embeddings, itemId }, asking, minSeq] = await Promise.all([
      understood,
      asker,
      store.newestChange(filter.owners),
    ]);
    const models = new Set(request.models);
    const interests = async () =>
      ((await tasting)?.interests ?? []).filter(({ model }) => models.size === 0 || models.has(model));
    const probes = atHome ? await interests() : embeddings;
    if (probes.length === 0) return [];
    const exclude = [...(itemId === undefined ? [] : [itemId]), ...excludedFor(asking)];
    const limit = candidatesFor(k);
    const wanted = { probes, filter, exclude, limit, minSeq, catchUpMs: halfOfTheTimeLeft() };
    return stages.time("search", () => findCandidates(upstreams.index, wanted, degraded));
  }

  async function feed() {
    const exclude = excludedFor(await asker);
    const common = options.learned.common();
    const popularity = common?.rank.popularity ?? new Map<string, number>();
    const popular = (common?.popular ?? []).filter((id) => parseGarmentId(id) === id);
    return stages.time("feed", () =>
      homeLists({ store, popular, popularity, filter, exclude, limit: candidatesFor(k) }),
    );
  }

  async function join(found: readonly CandidateList[], known: ReadonlyMap<string, StoredGarment> = new Map()) {
    const ids = new Set(found.flatMap((list) => [...list.found.keys()]));
    const unknown = [...ids].filter((id) => parseGarmentId(id) === id && !known.has(id));
    const joined = (await store.find(unknown, filter.owners)).filter((garment) => passes(garment, filter));
    return new Map([...known, ...joined.map((garment) => [garment.id, garment] as const)]);
  }
}

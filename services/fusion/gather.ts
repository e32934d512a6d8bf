import type { RecommendRequest } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { type CandidateList, candidatesFor, findCandidates, type Probe } from "./candidates.ts";
import { type GarmentFilter, passes } from "./filters.ts";
import { parseGarmentId } from "./garment-id.ts";
import type { StoredGarment } from "./garment-store.ts";
import { homeLists } from "./home.ts";
import type { Asker } from "./person.ts";
import { type QueryMeaning, understand } from "./query.ts";
import type { RecommendOptions } from "./recommend.ts";
import type { Taste } from "./taste.ts";
import { halfOfTheTimeLeft } from "./time-left.ts";

/** What a recommendation may show, and what is known of what was asked. */
export interface Gathered {
  meaning: Omit<QueryMeaning, "embeddings">;
  lists: CandidateList[];
  /** Those of the lists that may be shown. */
  garments: ReadonlyMap<string, StoredGarment>;
  taste: Taste | undefined;
  degraded: string[];
}

export interface GatherQuery {
  request: RecommendRequest;
  filter: GarmentFilter;
  k: number;
  asker: Promise<Asker>;
}

/** For a query what is near to it; without one what is near to what the person liked, what others like, and what is new. */
export async function gather({ request, filter, k, asker }: GatherQuery, options: RecommendOptions): Promise<Gathered> {
  const { upstreams, store, stages } = options;
  const [query, { person }, minSeq] = await Promise.all([
    request.query.case === undefined ? undefined : stages.time("understand", () => understand(request, options)),
    asker,
    store.newestChange(filter.owners),
  ]);
  const degraded = (query?.missing ?? []).map((model) => `model:${model}`);
  const taste = await tasteOf();
  const models = new Set(request.models);
  const probes: readonly Probe[] =
    query?.embeddings ?? (taste?.interests ?? []).filter(({ model }) => models.size === 0 || models.has(model));

  // At home nothing is shown that the person answered to already; elsewhere nothing that they did not want.
  const exclude = new Set([...(query?.itemId === undefined ? [] : [query.itemId]), ...(person?.disliked ?? [])]);
  if (query === undefined) for (const id of person?.liked ?? []) exclude.add(id);

  const [near, home] = await Promise.all([search(), query === undefined ? feed() : undefined]);
  degraded.push(...near.degraded);
  const garments = await stages.time("join", () => join(near.lists, home?.garments));
  const lists = [...near.lists, ...(home?.lists ?? [])];
  const meaning = query ?? { kind: "home" as const, missing: [], category: "", colour: "", caption: "" };
  return { meaning, lists, garments, taste, degraded };

  async function tasteOf(): Promise<Taste | undefined> {
    if (person === undefined) return undefined;
    try {
      return await stages.time("taste", () => options.tasteOf(person));
    } catch (error) {
      degraded.push("index");
      options.log.warn({ event: "degraded", part: "index", err: error }, "answered without the person's taste");
      return undefined;
    }
  }

  async function search() {
    if (probes.length === 0) return { lists: [], degraded: [] };
    const wanted = { probes, filter, exclude: [...exclude], k, minSeq, catchUpMs: halfOfTheTimeLeft() };
    return stages.time("search", () => findCandidates(upstreams.index, wanted));
  }

  async function feed() {
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

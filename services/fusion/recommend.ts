import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type RecommendRequest,
  type RecommendResponse,
  RecommendResponseSchema,
} from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import type { Logger } from "../kit/log.ts";
import { Degraded } from "./degraded.ts";
import { filterOf } from "./filters.ts";
import { parseGarmentId } from "./garment-id.ts";
import type { GarmentStore } from "./garment-store.ts";
import { type Gathered, gather } from "./gather.ts";
import type { Learned } from "./learned/learned.ts";
import { requirePolicy } from "./learned/policies.ts";
import { requireKnownModels } from "./model-indexes.ts";
import { askPerson, policyFor } from "./person.ts";
import { toCandidates, toItems } from "./ranked.ts";
import { rank } from "./ranking/rank.ts";
import type { RecommendationLog } from "./recommendation-log.ts";
import { shownList } from "./shown-list.ts";
import type { Stages } from "./stages.ts";
import type { TasteOf } from "./taste.ts";
import type { Upstreams } from "./upstreams.ts";
import type { IndexedItem, ItemOf, ItemsOf } from "./vectors.ts";

/** What a recommendation is made with. */
export interface RecommendOptions {
  upstreams: Upstreams;
  store: GarmentStore;
  learned: Learned;
  tasteOf: TasteOf;
  itemsOf: ItemsOf;
  itemOf: ItemOf;
  /** What is remembered of an item is not true any more. */
  forgetItem: (id: string) => void;
  record: RecommendationLog;
  /** Makes recommendation ids. */
  newId: () => string;
  /** Uniform in [0, 1). */
  random: () => number;
  /** How long Feedback may take to say what it knows, in milliseconds. */
  profileTimeoutMs: number;
  stages: Stages;
  log: Logger;
}

const DEFAULT_K = 10;
const DEFAULT_DIVERSITY = 0.1;

/** Ranks garments for a photo, a sentence, a garment, or nothing, as `FusionService.Recommend` says. */
export function recommend(request: RecommendRequest, options: RecommendOptions): Promise<RecommendResponse> {
  return options.stages.time("recommend", async () => {
    try {
      return await answer(request, options);
    } catch (error) {
      // The garment's vectors may be remembered from before its models were others: the Index has the ones that fit.
      const itemId = request.query.case === "itemId" ? parseGarmentId(request.query.value) : undefined;
      if (itemId === undefined || ConnectError.from(error).code !== Code.FailedPrecondition) throw error;
      options.forgetItem(itemId);
      return answer(request, options);
    }
  });
}

async function answer(request: RecommendRequest, options: RecommendOptions): Promise<RecommendResponse> {
  const { stages, learned } = options;
  const { userId, k = DEFAULT_K, diversity = DEFAULT_DIVERSITY } = request;
  requireKnownModels(request.models);
  const chosen = requirePolicy(request.policy);
  const filter = filterOf(request);
  const degraded = new Degraded(options);
  const asking = askPerson(userId, options, degraded);
  const gathered = await gather({ request, filter, k, asker: asking }, options, degraded);
  const { meaning, lists, garments, taste } = gathered;
  const asker = await asking;
  const { person } = asker;
  const common = learned.common();
  const policy = policyFor(chosen, asker, common?.leading);

  // What taste and diversity compare; without it they go by category and colour.
  const compared = taste !== undefined || diversity > 0;
  const items = compared ? await itemsIn(gathered, options, degraded) : NOTHING;
  const ranked = stages.timeSync("rank", () =>
    rank({
      candidates: toCandidates(lists, garments, items),
      models: lists.map(({ model }) => model),
      context: { kind: meaning.kind, category: meaning.category, colour: meaning.colour },
      ...(person && { person: person.rank }),
      ...(taste && { taste: taste.vectors }),
      ...(common && { common: common.rank }),
      ...{ policy, k, diversity, random: options.random },
    }),
  );
  // Nothing was ever learned that the policy could go by.
  if (ranked.policy !== policy) degraded.add("feedback");

  const recommendationId = options.newId();
  const { kind, itemId } = meaning;
  const lookOf = (id: string) => garments.get(id);
  await options.record(shownList({ id: recommendationId, userId, kind, itemId, ranked, lookOf }), degraded);
  const { category, colour, caption } = meaning;
  return create(RecommendResponseSchema, {
    items: toItems(ranked, { lists, garments, query: meaning, person }),
    weights: Object.fromEntries(ranked.weights),
    ...{ recommendationId, policy: ranked.policy, degraded: degraded.parts },
    ...(meaning.kind === "photo" ? { understanding: { category, colour, caption } } : {}),
  });
}

const NOTHING: ReadonlyMap<string, IndexedItem> = new Map();

/** What the Index knows of what may be shown. */
function itemsIn(
  { garments }: Gathered,
  { stages, itemsOf }: RecommendOptions,
  degraded: Degraded,
): Promise<ReadonlyMap<string, IndexedItem>> {
  return stages.time("vectors", () => degraded.orWithout("index", () => itemsOf([...garments.keys()]), NOTHING));
}

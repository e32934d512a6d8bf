import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type RecommendedItemSchema,
  type RecommendRequest,
  type RecommendResponse,
  RecommendResponseSchema,
} from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { timeLeftMs } from "../kit/context.ts";
import type { Logger } from "../kit/log.ts";
import { type CandidateList, findCandidates } from "./candidates.ts";
import { explain } from "./explain.ts";
import { parseGarmentId } from "./garment-id.ts";
import type { GarmentStore, StoredGarment } from "./garment-store.ts";
import { requireKnownModels } from "./model-indexes.ts";
import { type QueryMeaning, understand, visibleOwners } from "./query.ts";
import { fuseRanks, shareWeights } from "./rank-fusion.ts";
import type { RecommendationLog } from "./recommendation-log.ts";
import type { Stages } from "./stages.ts";
import { type Taste, tasteOf } from "./taste.ts";
import type { Upstreams } from "./upstreams.ts";

/** What a recommendation is made with. */
export interface RecommendOptions {
  upstreams: Upstreams;
  store: GarmentStore;
  record: RecommendationLog;
  /** Makes recommendation ids. */
  newId: () => string;
  /** How long Feedback may take, in milliseconds. */
  profileTimeoutMs: number;
  stages: Stages;
  log: Logger;
}

const DEFAULT_K = 10;
/** Without a deadline of the caller's. */
const DEFAULT_TIME_MS = 10_000;

/** Ranks garments for a photo, a sentence or a garment, as `FusionService.Recommend` says. */
export async function recommend(request: RecommendRequest, options: RecommendOptions): Promise<RecommendResponse> {
  const { upstreams, store, stages, log } = options;
  const { userId, k = DEFAULT_K, categories, colours } = request;
  requireKnownModels(request.models);
  const owners = visibleOwners(userId);
  const profileTimeoutMs = Math.min(options.profileTimeoutMs, halfOfTheTimeLeft());

  const [meaning, taste, minSeq] = await Promise.all([
    stages.time("understand", () => understand(request, options)),
    tasteOf(userId, { feedback: upstreams.feedback, timeoutMs: profileTimeoutMs, log }),
    store.newestChange(owners),
  ]);
  const { lists, degraded } = await stages.time("search", () =>
    findCandidates(upstreams.index, {
      embeddings: meaning.embeddings,
      filter: { ownerIds: owners, categories, colours, excludeItemIds: excluded(meaning, taste) },
      k,
      minSeq,
      catchUpMs: halfOfTheTimeLeft(),
    }),
  );
  const garments = await stages.time("join", () => garmentsOf(lists, owners, store));

  const response = create(RecommendResponseSchema, {
    ...rank(lists, { garments, meaning, taste, k }),
    recommendationId: options.newId(),
    policy: "rrf",
    degraded: [
      ...meaning.missing.map((model) => `model:${model}`),
      ...degraded,
      ...(taste.degraded ? ["feedback"] : []),
    ],
    ...(meaning.kind === "photo" ? { understanding: understandingOf(meaning) } : {}),
  });
  try {
    await stages.time("record", () => options.record({ userId, kind: meaning.kind, itemId: meaning.itemId, response }));
  } catch (error) {
    log.warn({ event: "degraded", part: "recommendation_log", err: error }, "a recommendation was not recorded");
    response.degraded.push("recommendation_log");
  }
  for (const part of response.degraded) stages.degraded(part);
  return response;
}

/** Not the garment asked for, and nothing that the person does not want. */
function excluded(meaning: QueryMeaning, taste: Taste): string[] {
  return [...new Set([...(meaning.itemId === undefined ? [] : [meaning.itemId]), ...taste.disliked])].slice(0, 1000);
}

async function garmentsOf(
  lists: CandidateList[],
  owners: string[],
  store: GarmentStore,
): Promise<Map<string, StoredGarment>> {
  const ids = new Set(lists.flatMap(({ found }) => [...found.keys()]).filter((id) => parseGarmentId(id) === id));
  return new Map((await store.find([...ids], owners)).map((garment) => [garment.id, garment]));
}

interface Ranking {
  garments: ReadonlyMap<string, StoredGarment>;
  meaning: QueryMeaning;
  taste: Taste;
  k: number;
}

/** Fuses the lists: the best k of the garments that are known here, with their reasons, and the weights used. */
function rank(lists: readonly CandidateList[], { garments, meaning, taste, k }: Ranking) {
  const weights = shareWeights(
    lists.map(({ model }) => model),
    taste.modelWeights,
  );
  // Only what can be shown has a rank, so that "first" is true for who reads it.
  const ranked = lists.map(({ model, found }) => ({
    model,
    itemIds: [...found.keys()].filter((id) => garments.has(id)),
  }));
  const items: MessageInitShape<typeof RecommendedItemSchema>[] = [];
  for (const { id, score, ranks } of fuseRanks(ranked, { weights, boosted: taste.liked }).slice(0, k)) {
    const garment = garments.get(id);
    if (garment === undefined) continue;
    const { ownerId, category, colour, caption } = garment;
    const scores = Object.fromEntries(
      lists.flatMap(({ model, found }) => (found.has(id) ? [[model, found.get(id) ?? 0]] : [])),
    );
    const reason = explain({ ranks, category, colour, liked: taste.liked.has(id) }, meaning);
    items.push({ id, category, colour, caption, score, scores, owned: ownerId !== "", reason });
  }
  return { items, weights: Object.fromEntries(weights) };
}

/** What one part may take of it, in whole milliseconds, so that there is time left to answer without that part. */
function halfOfTheTimeLeft(): number {
  return Math.max(1, Math.floor(timeLeftMs(DEFAULT_TIME_MS) / 2));
}

function understandingOf({ category, colour, caption }: QueryMeaning) {
  return { category, colour, caption };
}

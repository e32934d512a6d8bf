import { create } from "@bufbuild/protobuf";
import {
  type RecommendRequest,
  type RecommendResponse,
  RecommendResponseSchema,
} from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import type { Logger } from "../kit/log.ts";
import { filterOf } from "./filters.ts";
import type { GarmentStore } from "./garment-store.ts";
import { type Gathered, gather } from "./gather.ts";
import type { Learned, LearnedPerson } from "./learned/learned.ts";
import { requirePolicy } from "./learned/policies.ts";
import { requireKnownModels } from "./model-indexes.ts";
import { askPerson, policyFor } from "./person.ts";
import { toCandidates, toItems } from "./ranked.ts";
import { rank } from "./ranking/rank.ts";
import type { RecommendationLog } from "./recommendation-log.ts";
import type { Stages } from "./stages.ts";
import type { Taste } from "./taste.ts";
import { halfOfTheTimeLeft } from "./time-left.ts";
import type { Upstreams } from "./upstreams.ts";
import { type ItemsOf, type ItemVectors, vectorsBy } from "./vectors.ts";

/** What a recommendation is made with. */
export interface RecommendOptions {
  upstreams: Upstreams;
  store: GarmentStore;
  learned: Learned;
  tasteOf: (person: LearnedPerson) => Promise<Taste>;
  itemsOf: ItemsOf;
  record: RecommendationLog;
  /** Makes recommendation ids. */
  newId: () => string;
  /** Uniform in [0, 1). */
  random: () => number;
  /** How long Feedback may take to say what it knows, and to record what is shown, in milliseconds each. */
  profileTimeoutMs: number;
  recordTimeoutMs: number;
  stages: Stages;
  log: Logger;
}

const DEFAULT_K = 10;
const DEFAULT_DIVERSITY = 0.1;

/** Ranks garments for a photo, a sentence, a garment, or nothing, as `FusionService.Recommend` says. */
export async function recommend(request: RecommendRequest, options: RecommendOptions): Promise<RecommendResponse> {
  const { stages } = options;
  const response = await stages.time("recommend", () => answer(request, options));
  for (const part of response.degraded) stages.degraded(part);
  return response;
}

async function answer(request: RecommendRequest, options: RecommendOptions): Promise<RecommendResponse> {
  const { stages, learned, log } = options;
  const { userId, k = DEFAULT_K, diversity = DEFAULT_DIVERSITY } = request;
  requireKnownModels(request.models);
  const chosen = requirePolicy(request.policy);
  const filter = filterOf(request);
  const timeoutMs = Math.min(options.profileTimeoutMs, halfOfTheTimeLeft());
  const asking = stages.time("profile", () => askPerson(userId, { learned, timeoutMs, log }));
  const gathered = await gather({ request, filter, k, asker: asking }, options);
  const asker = await asking;
  const { meaning, lists, garments, taste, degraded } = gathered;
  const { person } = asker;
  const common = learned.common();
  const policy = policyFor(chosen, asker, common?.leading);

  const vectors = await vectorsOf(gathered, { person, diversity }, options);
  const ranked = stages.timeSync("rank", () =>
    rank({
      candidates: toCandidates(lists, garments, vectors),
      models: lists.map(({ model }) => model),
      context: { kind: meaning.kind, category: meaning.category, colour: meaning.colour },
      ...(person && { person: person.rank }),
      ...(taste && { taste: taste.vectors }),
      ...(common && { common: common.rank }),
      ...{ policy, k, diversity, random: options.random },
    }),
  );
  // Also when nothing was ever learned that the policy could go by.
  if (asker.away || ranked.policy !== policy) degraded.push("feedback");

  const recommendationId = options.newId();
  const recorded = await options.record(
    {
      ...{ recommendationId, userId, kind: meaning.kind, itemId: meaning.itemId, ranked, degraded },
      lookOf: (id) => garments.get(id),
    },
    Math.min(options.recordTimeoutMs, halfOfTheTimeLeft()),
  );
  if (!recorded) degraded.push("recommendation_log");
  const { category, colour, caption } = meaning;
  return create(RecommendResponseSchema, {
    items: toItems(ranked, { lists, garments, query: meaning, person }),
    weights: Object.fromEntries(ranked.weights),
    ...{ recommendationId, policy: ranked.policy, degraded: [...new Set(degraded)] },
    ...(meaning.kind === "photo" ? { understanding: { category, colour, caption } } : {}),
  });
}

/** What taste and diversity compare; without it they go by category and colour. */
async function vectorsOf(
  { garments, taste, degraded }: Gathered,
  { person, diversity }: { person: LearnedPerson | undefined; diversity: number },
  { stages, itemsOf, log }: RecommendOptions,
): Promise<ReadonlyMap<string, ItemVectors>> {
  if ((person === undefined || taste === undefined) && diversity === 0) return new Map();
  try {
    return await stages.time("vectors", () => vectorsBy(itemsOf)([...garments.keys()]));
  } catch (error) {
    degraded.push("index");
    log.warn({ event: "degraded", part: "index", err: error }, "answered without the garments' own vectors");
    return new Map();
  }
}

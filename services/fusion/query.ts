import type { RecommendRequest } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import type { Embedding } from "../../gen/flashfit/type/v1/embedding_pb.ts";
import { notFound, unavailable } from "../kit/errors.ts";
import { parseGarmentId } from "./garment-id.ts";
import type { GarmentStore } from "./garment-store.ts";
import { INDEX_OF_MODEL } from "./model-indexes.ts";
import { visibleOwners } from "./owners.ts";
import { askEncoder, askIndex, type Upstreams } from "./upstreams.ts";

/** What is searched for, as vectors, and what is known of it. */
export interface QueryMeaning {
  kind: "photo" | "text" | "item" | "home";
  /** At least one, of models that have an index. */
  embeddings: Embedding[];
  /** Models that were to be asked and have no embedding here. */
  missing: string[];
  /** Best guess; empty: not known. */
  category: string;
  colour: string;
  caption: string;
  /** The garment asked for. */
  itemId?: string;
}

interface Sources {
  upstreams: Upstreams;
  store: GarmentStore;
}

/**
 * What a request asks for: the Encoder says it of a photo or a sentence, the Index of a garment.
 *
 * Errors: NOT_FOUND for a garment that the person cannot see, UNAVAILABLE if no model has a vector for it,
 * INVALID_ARGUMENT for a photo that the Encoder refuses.
 */
export async function understand(
  { query, userId, models }: Pick<RecommendRequest, "query" | "userId" | "models">,
  { upstreams, store }: Sources,
): Promise<QueryMeaning> {
  if (query.case === undefined) throw new TypeError("a request without a query got past validation");
  const meaning =
    query.case === "itemId"
      ? await knownGarment(query.value, userId, { upstreams, store })
      : await encoded(query, models, upstreams);
  const embeddings = meaning.embeddings.filter(
    ({ model }) => INDEX_OF_MODEL.has(model) && (models.length === 0 || models.includes(model)),
  );
  const wanted = models.length > 0 ? models : [...INDEX_OF_MODEL.keys()];
  const missing = wanted.filter((wantedModel) => !embeddings.some(({ model }) => model === wantedModel));
  if (embeddings.length === 0) throw unavailable(`no vector of this ${query.case} from ${missing.join(", ")}`);
  return { ...meaning, embeddings, missing };
}

type Meaning = Omit<QueryMeaning, "missing">;

async function encoded(
  query: { case: "photo"; value: Uint8Array } | { case: "text"; value: string },
  models: string[],
  { encoder }: Upstreams,
): Promise<Meaning> {
  const seen = await askEncoder(() => encoder.encode({ input: query, models, caption: query.case === "photo" }));
  return {
    kind: query.case,
    embeddings: seen.embeddings,
    category: seen.categories[0]?.name ?? "",
    colour: seen.colours[0]?.name ?? "",
    caption: seen.caption,
  };
}

async function knownGarment(itemId: string, userId: string, { upstreams, store }: Sources): Promise<Meaning> {
  const id = parseGarmentId(itemId);
  const [garment] = id === undefined ? [] : await store.find([id], visibleOwners(userId));
  if (garment === undefined) throw notFound(`no garment ${JSON.stringify(itemId)} for this person`);
  const { item } = await askIndex(() => upstreams.index.get({ itemId: garment.id }));
  const { category, colour, caption } = garment;
  return { kind: "item", embeddings: item?.embeddings ?? [], category, colour, caption, itemId: garment.id };
}

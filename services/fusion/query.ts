import type { RecommendRequest } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { notFound, unavailable } from "../kit/errors.ts";
import { bytesFromFloats } from "../kit/vector.ts";
import type { Probe } from "./candidates.ts";
import { parseGarmentId } from "./garment-id.ts";
import type { GarmentStore } from "./garment-store.ts";
import { INDEX_OF_MODEL } from "./model-indexes.ts";
import { visibleOwners } from "./owners.ts";
import { askEncoder, type Upstreams } from "./upstreams.ts";
import type { ItemOf } from "./vectors.ts";

/** What is searched for, as vectors, and what is known of it. */
export interface QueryMeaning {
  kind: "photo" | "text" | "item" | "home";
  /** At least one, of models that have an index. */
  embeddings: readonly Probe[];
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
  upstreams: Pick<Upstreams, "encoder">;
  store: GarmentStore;
  itemOf: ItemOf;
}

/**
 * What a request asks for: the Encoder says it of a photo or a sentence, the Index of a garment.
 *
 * Errors: NOT_FOUND for a garment that the person cannot see, UNAVAILABLE if no model has a vector for it,
 * INVALID_ARGUMENT for a photo that the Encoder refuses.
 */
export async function understand(
  { query, userId, models }: Pick<RecommendRequest, "query" | "userId" | "models">,
  { upstreams, store, itemOf }: Sources,
): Promise<QueryMeaning> {
  if (query.case === undefined) throw new TypeError("a request without a query got past validation");
  const meaning =
    query.case === "itemId"
      ? await knownGarment(query.value, userId, { store, itemOf })
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
  { encoder }: Sources["upstreams"],
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

async function knownGarment(
  itemId: string,
  userId: string,
  { store, itemOf }: Pick<Sources, "store" | "itemOf">,
): Promise<Meaning> {
  const id = parseGarmentId(itemId);
  const [garment] = id === undefined ? [] : await store.find([id], visibleOwners(userId));
  if (garment === undefined) throw notFound(`no garment ${JSON.stringify(itemId)} for this person`);
  const { vectors } = await itemOf(garment.id);
  const embeddings = [...vectors].map(([model, vector]) => ({ model, vector: bytesFromFloats(vector) }));
  const { category, colour, caption } = garment;
  return { kind: "item", embeddings, category, colour, caption, itemId: garment.id };
}

import type { EncodeResponse } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import type { NewGarment } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { notFound, unavailable } from "../kit/errors.ts";
import { garmentKey, parseGarmentId } from "./garment-id.ts";
import type { GarmentStore, StoredGarment } from "./garment-store.ts";
import { INDEX_OF_MODEL } from "./model-indexes.ts";
import { storedPicture } from "./photo.ts";
import type { Stages } from "./stages.ts";
import { askEncoder, askIndex, type Upstreams } from "./upstreams.ts";

export interface WardrobeOptions {
  upstreams: Pick<Upstreams, "encoder" | "index">;
  store: GarmentStore;
  stages: Stages;
}

/** Garments in and out, in the store and the Index together. */
export interface Wardrobe {
  /**
   * Stores a garment; when it returns, `Recommend` of its owner finds it.
   * @param field the caller's name of the garment, for what is wrong with its photo: "garment"
   */
  add(garment: NewGarment, field: string): Promise<{ garment: StoredGarment; existed: boolean }>;
  /** Removes a garment of this owner everywhere. Errors: NOT_FOUND. */
  remove(id: string, ownerId: string): Promise<void>;
}

export function createWardrobe({ upstreams, store, stages }: WardrobeOptions): Wardrobe {
  const ready = async (id: string, ownerId: string) => (await store.find([id], [ownerId]))[0];

  return {
    async add({ ownerId, photo, category, colour, priceCents, tags: words }, field) {
      const { id, photoSha256 } = garmentKey(ownerId, photo);
      const there = await ready(id, ownerId);
      if (there) return { garment: there, existed: true };

      const picture = await stages.time("photo", () => storedPicture(photo, `${field}.photo`));
      const seen = await stages.time("encode", () =>
        askEncoder(
          () => upstreams.encoder.encode({ input: { case: "photo", value: photo }, caption: true }),
          (name) => `${field}.${name}`,
        ),
      );
      const embeddings = everyEmbedding(seen);
      const known = {
        category: category || (seen.categories[0]?.name ?? ""),
        colour: colour || (seen.colours[0]?.name ?? ""),
        priceCents,
        tags: [...new Set(words)],
      };

      const before = await store.begin({ id, photoSha256, ownerId, picture, caption: seen.caption, ...known });
      if (before === "deleting") throw unavailable(`garment ${id} is just being deleted: try again`);
      let existed = before === "ready";
      if (!existed) {
        const item = { itemId: id, ownerId, ...known, embeddings };
        const { changeSeq } = await stages.time("index", () =>
          askIndex(() => upstreams.index.upsert({ items: [item] })),
        );
        existed = !(await store.finish(id, changeSeq));
      }
      // Somebody else may have finished the same garment, or deleted it, meanwhile.
      const garment = await ready(id, ownerId);
      if (garment === undefined) {
        await askIndex(() => upstreams.index.delete({ itemIds: [id] }));
        await store.abandon(id);
        throw unavailable(`garment ${id} was deleted while it was added: try again`);
      }
      return { garment, existed };
    },

    async remove(givenId, ownerId) {
      const id = parseGarmentId(givenId);
      if (id === undefined || !(await store.beginDelete(id, ownerId))) {
        throw notFound(`no garment ${JSON.stringify(givenId)} of this owner`);
      }
      await askIndex(() => upstreams.index.delete({ itemIds: [id] }));
      await store.remove([id]);
    },
  };
}

/** Its vectors for all indices. A garment is in all of them or in none, so one silent model means none. */
function everyEmbedding({ embeddings, unavailable: silent }: EncodeResponse) {
  const missing = silent.filter((model) => INDEX_OF_MODEL.has(model));
  if (missing.length > 0)
    throw unavailable(`encoder: no answer from ${missing.join(", ")}; a garment needs all models`);
  const indexed = embeddings.filter(({ model }) => INDEX_OF_MODEL.has(model));
  if (indexed.length === 0) throw unavailable("encoder: no answer from any model that has an index");
  return indexed;
}

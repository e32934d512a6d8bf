import type { ServiceImpl } from "@connectrpc/connect";
import type { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { invalidArgument, notFound } from "../kit/errors.ts";
import { requireStorable } from "../kit/storable-text.ts";
import { createAddMany } from "./add-many.ts";
import { parseGarmentId } from "./garment-id.ts";
import { requireStorableGarment, toGarmentMessage } from "./garment-message.ts";
import type { GarmentStore } from "./garment-store.ts";
import { visibleOwners } from "./owners.ts";
import { pageFor } from "./page.ts";
import type { Updater } from "./update-garment.ts";
import type { Wardrobe } from "./wardrobe.ts";

export interface WardrobeServiceOptions {
  wardrobe: Wardrobe;
  store: GarmentStore;
  updater: Updater;
  /** Removes everything of a person; what it was. */
  erasePerson(userId: string): Promise<Record<string, bigint>>;
  /** How many garments of one AddGarments stream are worked on at a time. */
  parallelAdds: number;
}

/** Answers WardrobeService RPCs. */
export function createWardrobeService({
  wardrobe,
  store,
  updater,
  erasePerson,
  parallelAdds,
}: WardrobeServiceOptions): ServiceImpl<typeof WardrobeService> {
  return {
    async addGarment({ garment }) {
      if (garment === undefined) throw invalidArgument("garment", "value is required");
      requireStorableGarment(garment);
      const added = await wardrobe.add(garment, "garment");
      return { garment: toGarmentMessage(added.garment), existed: added.existed };
    },

    addGarments: createAddMany({ wardrobe, parallel: parallelAdds }),

    async listGarments({ ownerId, categories, pageSize, pageToken }) {
      requireStorable({ owner_id: ownerId, categories: categories.join() });
      const { after, limit, cut } = pageFor({ pageSize, pageToken }, [ownerId, ...categories]);
      const { garments, total } = await store.list({ ownerId, categories, after, limit });
      const { shown, nextPageToken } = cut(garments);
      return { garments: shown.map(toGarmentMessage), nextPageToken, total };
    },

    async getGarment({ id, userId }) {
      requireStorable({ user_id: userId });
      const [garment] = await store.find(ids(id), visibleOwners(userId));
      if (garment === undefined) throw notFound(`no garment ${JSON.stringify(id)} for this person`);
      return { garment: toGarmentMessage(garment) };
    },

    async getGarmentPhoto({ id, userId }) {
      requireStorable({ user_id: userId });
      const [photo] = (await store.pictures(ids(id), visibleOwners(userId))).values();
      if (photo === undefined) throw notFound(`no garment ${JSON.stringify(id)} for this person`);
      return { photo };
    },

    async batchGetGarmentPhotos({ ids: wanted, userId }) {
      requireStorable({ user_id: userId });
      const known = wanted.flatMap(ids);
      const pictures = await store.pictures(known, visibleOwners(userId));
      return { photos: known.flatMap((id) => (pictures.has(id) ? [{ id, photo: pictures.get(id) }] : [])) };
    },

    async updateGarment(request) {
      const { userId, category = "", colour = "", tags } = request;
      requireStorable({ user_id: userId, category, colour, tags: tags?.tags.join(" ") ?? "" });
      return { garment: toGarmentMessage(await updater.update(request)) };
    },

    async erasePerson({ userId }) {
      requireStorable({ user_id: userId });
      return { removed: await erasePerson(userId) };
    },

    async deleteGarment({ id, userId }) {
      requireStorable({ user_id: userId });
      await wardrobe.remove(id, userId);
      return {};
    },
  };
}

function ids(id: string): string[] {
  const known = parseGarmentId(id);
  return known === undefined ? [] : [known];
}

import type { ServiceImpl } from "@connectrpc/connect";
import type { OutfitService } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { requireStorable } from "../../kit/storable-text.ts";
import { appraise } from "./appraise.ts";
import { composeOutfits } from "./compose.ts";
import { fillInTheBlank } from "./fill.ts";
import { deleteOutfit, listOutfits, saveOutfit } from "./kept.ts";
import { outfitMessage } from "./message.ts";
import type { OutfitParts } from "./options.ts";

/** Answers OutfitService RPCs. */
export function createOutfitService(parts: OutfitParts): ServiceImpl<typeof OutfitService> {
  return {
    composeOutfits: (request) => composeOutfits(request, parts),
    async fillInTheBlank(request) {
      requireStorable({ user_id: request.userId });
      return fillInTheBlank(request, parts);
    },
    async scoreOutfit({ itemIds, userId }) {
      requireStorable({ user_id: userId });
      const { pieces, verdict, degraded } = await appraise(itemIds, userId, parts);
      return { outfit: outfitMessage(pieces, verdict), degraded };
    },
    async saveOutfit(request) {
      requireStorable({ user_id: request.userId });
      return saveOutfit(request, parts);
    },
    async listOutfits(request) {
      requireStorable({ user_id: request.userId });
      return listOutfits(request, parts);
    },
    async deleteOutfit({ id, userId }) {
      requireStorable({ user_id: userId });
      await deleteOutfit(id, userId, parts);
      return {};
    },
  };
}

import type { ServiceImpl } from "@connectrpc/connect";
import type { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { requireStorable } from "../kit/storable-text.ts";
import { type RecommendOptions, recommend } from "./recommend.ts";

/** Answers FusionService RPCs. */
export function createFusionService(options: RecommendOptions): Partial<ServiceImpl<typeof FusionService>> {
  return {
    async recommend(request) {
      requireStorable({ user_id: request.userId });
      return recommend(request, options);
    },
  };
}

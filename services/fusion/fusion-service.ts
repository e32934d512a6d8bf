import type { ServiceImpl } from "@connectrpc/connect";
import type { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { type RecommendOptions, recommend } from "./recommend.ts";
import { rerank } from "./rerank.ts";

/** Answers FusionService RPCs. */
export function createFusionService(options: RecommendOptions): ServiceImpl<typeof FusionService> {
  return {
    recommend: (request) => recommend(request, options),
    rerank: (request) => rerank(request, options),
  };
}

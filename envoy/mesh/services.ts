import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { OutfitService } from "../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { GRPCInferenceService } from "../../gen/inference/open_inference_grpc_pb.ts";
import type { RestRoute } from "../config/route.ts";

export const MESH_SERVICES = ["encoder", "index", "fusion", "feedback"] as const;
/** A service process, and the name of its cluster. */
export type MeshService = (typeof MESH_SERVICES)[number];

/** Processes that answer pages, no RPCs of the contract: the shopper's page, and how everything is. */
export const MESH_PAGES = ["web", "monitor"] as const;
/** Every process behind Envoy, and the name of its cluster. */
export type MeshProcess = MeshService | (typeof MESH_PAGES)[number];
export const MESH_PROCESSES: readonly MeshProcess[] = [...MESH_SERVICES, ...MESH_PAGES];

/** Which process answers which contracts. */
export const contracts: Record<MeshService, DescService[]> = {
  encoder: [EncoderService, GRPCInferenceService],
  index: [IndexService],
  fusion: [FusionService, WardrobeService, OutfitService],
  feedback: [FeedbackService],
};

/**
 * Methods for operators and for services: nobody outside is known well enough to use them, so the edge has no such path. Of
 * the Index that is all but its list of indices, because it knows no persons: it would show and delete everybody's items.
 */
export const meshOnly: readonly DescMethod[] = [
  EncoderService.method.activateModel,
  ...IndexService.methods.filter(({ name }) => name !== IndexService.method.listIndexes.name),
  FeedbackService.method.setRollout,
  FeedbackService.method.evaluate,
  FeedbackService.method.recordRecommendation,
  FeedbackService.method.recordRecommendations,
  FeedbackService.method.watchLearning,
];

/**
 * Methods that compute for everybody outside: of those the Encoder gets only so many at once, and one more is refused by Envoy,
 * which costs less than to have it refused behind. What services ask on the mesh listener, streams, lists and health are
 * not counted among them and not refused so.
 */
export const shed: readonly DescMethod[] = [
  EncoderService.method.encode,
  EncoderService.method.classify,
  GRPCInferenceService.method.modelInfer,
];

/** The paths of the old HTTP API. */
export const restPaths: (RestRoute & { service: MeshService })[] = [
  { method: "POST", path: "/api/recommend", rpc: "/flashfit.fusion.v1.FusionService/Recommend", service: "fusion" },
  {
    method: "POST",
    path: "/api/fusion/recommend",
    rpc: "/flashfit.fusion.v1.FusionService/Recommend",
    service: "fusion",
  },
  {
    method: "POST",
    path: "/api/feedback",
    rpc: "/flashfit.feedback.v1.FeedbackService/RecordEvents",
    service: "feedback",
  },
  { method: "POST", path: "/api/wardrobe", rpc: "/flashfit.fusion.v1.WardrobeService/AddGarment", service: "fusion" },
  { method: "GET", path: "/api/wardrobe", rpc: "/flashfit.fusion.v1.WardrobeService/ListGarments", service: "fusion" },
  {
    method: "GET",
    path: "/api/wardrobe/{id}",
    rpc: "/flashfit.fusion.v1.WardrobeService/GetGarment",
    service: "fusion",
  },
  {
    method: "DELETE",
    path: "/api/wardrobe/{id}",
    rpc: "/flashfit.fusion.v1.WardrobeService/DeleteGarment",
    service: "fusion",
  },
  {
    method: "GET",
    path: "/api/wardrobe/{id}/photo",
    rpc: "/flashfit.fusion.v1.WardrobeService/GetGarmentPhoto",
    service: "fusion",
  },
  { method: "GET", path: "/api/faiss", rpc: "/flashfit.index.v1.IndexService/ListIndexes", service: "index" },
];

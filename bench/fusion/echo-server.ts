import { randomUUID } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FusionService, RerankResponseSchema } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { implement } from "../../services/kit/serve.ts";
import { serveEcho } from "../support/echo.ts";

// Rerank answers a hundred items whatever is asked.

const items = Array.from({ length: 100 }, (_, n) => ({ id: randomUUID(), score: 1 / (n + 1), propensity: 0.5 }));
const weights = { clip: 1 / 3, blip: 1 / 3, fashion: 1 / 3 };
const answer = create(RerankResponseSchema, { items, recommendationId: randomUUID(), policy: "adaptive", weights });
const bytes = toBinary(RerankResponseSchema, answer);

await serveEcho(FusionService, implement(FusionService, { rerank: () => fromBinary(RerankResponseSchema, bytes) }));

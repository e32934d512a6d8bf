import { randomUUID } from "node:crypto";
import process from "node:process";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { z } from "zod";
import { FusionService, RerankResponseSchema } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { commonSettings } from "../../services/kit/config.ts";
import { implement, runService } from "../../services/kit/run.ts";

// A service of the kit with nothing behind it: Rerank answers as many items as CANDIDATES says, whatever is asked.

const count = Number(process.env.CANDIDATES ?? 100);
const items = Array.from({ length: count }, (_, n) => ({ id: randomUUID(), score: 1 / (n + 1), propensity: 0.5 }));
const weights = { clip: 1 / 3, blip: 1 / 3, fashion: 1 / 3 };
const answer = create(RerankResponseSchema, { items, recommendationId: randomUUID(), policy: "adaptive", weights });
const bytes = toBinary(RerankResponseSchema, answer);

await runService({
  name: "echo",
  config: z.object(commonSettings),
  listen: () => ({ host: "127.0.0.1", port: 0, metricsPorts: [0] }),
  services: [FusionService],
  setUp: async () => [implement(FusionService, { rerank: () => fromBinary(RerankResponseSchema, bytes) })],
});

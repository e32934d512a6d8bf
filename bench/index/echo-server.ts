import process from "node:process";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { z } from "zod";
import { IndexService, SearchResponseSchema } from "../../gen/flashfit/index/v1/index_pb.ts";
import { commonSettings } from "../../services/kit/config.ts";
import { HealthRegistry } from "../../services/kit/health.ts";
import { implement, runService } from "../../services/kit/run.ts";
import { createServer } from "../../services/kit/serve.ts";

// A service of the kit with nothing behind it: Search answers the same ten neighbours whatever is asked. BARE=1: the kit's
// server alone, without what every service has around its calls (context, deadlines, metrics, errors, validation).

const neighbours = Array.from({ length: 10 }, (_, n) => ({ itemId: `item-${10_000 + n}`, score: -1e6 * n }));
const results = [{ index: "clip_fashion", neighbours }];
const bytes = toBinary(SearchResponseSchema, create(SearchResponseSchema, { results, appliedSeq: 60_000n }));
const echo = implement(IndexService, { search: () => fromBinary(SearchResponseSchema, bytes) });

if (process.env.BARE === "1") {
  const options = { name: "echo", host: "127.0.0.1", port: 0, services: [IndexService] };
  const server = await createServer({ ...options, health: new HealthRegistry() });
  server.install([echo]);
  console.log(JSON.stringify({ event: "serving", url: server.url }));
} else {
  await runService({
    name: "echo",
    config: z.object(commonSettings),
    listen: () => ({ host: "127.0.0.1", port: 0, metricsPorts: [0] }),
    services: [IndexService],
    setUp: async () => [echo],
  });
}

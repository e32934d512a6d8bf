import process from "node:process";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { IndexService, SearchResponseSchema } from "../../gen/flashfit/index/v1/index_pb.ts";
import { HealthRegistry } from "../../services/kit/health.ts";
import { createServer, implement } from "../../services/kit/serve.ts";
import { serveEcho } from "../support/echo.ts";

// Search answers the same ten neighbours whatever is asked. BARE=1: by the kit's server alone, without what every service has
// around its calls (context, deadlines, metrics, errors, validation).

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
  await serveEcho(IndexService, echo);
}

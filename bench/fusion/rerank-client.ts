import process from "node:process";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { bytesFromFloats } from "../../services/kit/vector.ts";
import { type IdentityFiles, readIdentity } from "../../test/support/identity.ts";
import { xorshift } from "../onnx/random-weights.ts";
import { askWhenDue, type CallTimes, evenArrivals, keepAsking } from "../support/load.ts";
import { argumentOf } from "../support/script.ts";

// A client in a process of its own: callers that wait for their answers, its summary as one line of JSON.

/** What the client is told, as JSON in its only argument. */
export interface RerankLoad {
  url: string;
  tls: IdentityFiles;
  /** Callers, each with a connection of its own, that wait for their answers. */
  clients: number;
  /** If it is there: so many calls a second at even distances, by the callers in turn, that wait for nobody. */
  perSecond?: number;
  /** Calls of one caller before its clock starts. */
  firstCalls: number;
  seconds: number;
  userId: string;
  itemIds: string[];
  seed: number;
}

export interface RerankLoadSummary extends CallTimes {
  /** What the last answer said. */
  policy: string;
  degraded: string[];
  items: number;
}

const load = argumentOf<RerankLoad>();
const { itemIds, userId } = load;
const tls = readIdentity(load.tls);
const next = xorshift(load.seed);
const scores = () =>
  ["clip", "blip", "fashion"].map((model) => ({
    model,
    cosines: bytesFromFloats(Float32Array.from(itemIds, () => next() / 2 ** 32)),
  }));
// Made before the clock starts: what is asked differs, what it costs to ask is not measured.
const requests = Array.from({ length: 64 }, () => ({ itemIds, userId, scores: scores() }));
let asked = 0;
const callers = Array.from({ length: load.clients }, () => {
  const client = meshClient(FusionService, { baseUrl: load.url, tls });
  return () => client.rerank(requests[asked++ % requests.length]!);
});
await Promise.all(
  callers.map(async (ask) => {
    for (let n = 0; n < load.firstCalls; n++) await ask();
  }),
);
let turn = 0;
const times =
  load.perSecond === undefined
    ? await keepAsking(callers, load.seconds)
    : await askWhenDue(() => callers[turn++ % callers.length]!(), evenArrivals(load.perSecond, load.seconds));
const { policy, degraded, items } = await callers[0]!();
const summary: RerankLoadSummary = { ...times, policy, degraded, items: items.length };
console.log(JSON.stringify(summary));
process.exit();

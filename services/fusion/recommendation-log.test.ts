import { create, equals, isFieldSet, toBinary } from "@bufbuild/protobuf";
import pino from "pino";
import { Registry } from "prom-client";
import t from "tap";
import { RecommendationSchema, ShownItemSchema } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { Degraded } from "./degraded.ts";
import { inMemoryUpstreams } from "./in-memory-upstreams.ts";
import { createRecommendationLog } from "./recommendation-log.ts";
import { createStages } from "./stages.ts";

t.test("all of a list reaches Feedback: every field that Fusion knows, of any script", async (t) => {
  const { feedback, recorded } = inMemoryUpstreams();
  const stages = createStages(new Registry());
  const degraded = new Degraded({ stages, log: pino({ level: "silent" }) });
  for (const part of ["index", "model:blip"]) degraded.add(part);
  const record = createRecommendationLog({ feedback, stages, timeoutMs: 5000 });

  const head = {
    ...{
      id: "list-1",
      userId: "änne 👒",
      kind: "item",
      queryItemId: "garment-1",
      policy: "adaptive",
      layout: "item/1",
    },
    weights: { clip: 0.25, blip: 0, fashion: 0.75 },
    expectedFeatures: { baseline: new Uint8Array(1040).fill(3), convex: new Uint8Array() },
  };
  const items = [
    create(ShownItemSchema, { itemId: "a", score: 1, propensity: 0.5, features: new Uint8Array(104).fill(1) }),
    create(ShownItemSchema, { itemId: "b", category: "hat", colour: "red", otherPropensities: { convex: 0.125 } }),
  ];
  const encoded = toBinary(RecommendationSchema, create(RecommendationSchema, { items }));
  await Promise.all(["list-1", "list-2"].map((id) => record({ ...head, id, items: encoded }, degraded)));

  for (const id of ["list-1", "list-2"]) {
    const sent = create(RecommendationSchema, { ...head, id, items, degraded: ["index", "model:blip"] });
    const one = recorded.find((recommendation) => recommendation.id === id)!;
    t.ok(equals(RecommendationSchema, one, sent), id);
    const unset = RecommendationSchema.fields.filter((field) => !isFieldSet(one, field)).map(({ name }) => name);
    t.same(unset, ["created_at"], "which Feedback sets");
  }
  t.equal(recorded.length, 2);
});

import { fromBinary, isFieldSet } from "@bufbuild/protobuf";
import t from "tap";
import { RecommendationSchema, ShownItemSchema } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { floatsFromBytes } from "../kit/vector.ts";
import type { RankOutput } from "./ranking/rank-types.ts";
import { shownList } from "./shown-list.ts";

function ranked(count: number): RankOutput {
  const places = Array.from({ length: count }, (_, place) => place);
  return {
    items: places.map((place) => ({ id: `item-${place}`, score: 1 / (place + 1), propensity: 0.5 })),
    features: Float32Array.from({ length: 3 * count }, (_, at) => at),
    otherPropensities: new Map([
      ["baseline", Float64Array.from(places, (place) => place % 2)],
      ["convex", Float64Array.from(places, () => 0.25)],
    ]),
    partsOf: () => [],
    weights: new Map([["clip", 1]]),
    policy: "adaptive",
    layout: "three/1",
    expectedFeatures: new Map([["baseline", Float32Array.of(1, 2, 3)]]),
  };
}

const lookOf = (id: string) => (id === "item-1" ? { category: "hat", colour: "red" } : undefined);
const whose = { id: "list", userId: "ann", kind: "rerank", lookOf } as const;

t.test("items are on the wire as Feedback reads them, each with its own part of the columns", async (t) => {
  const shown = shownList({ ...whose, ranked: ranked(3) });
  const { items } = fromBinary(RecommendationSchema, shown.items);
  t.same(
    items.map(({ itemId, score, propensity, category, colour }) => [itemId, score, propensity, category, colour]),
    [
      ["item-0", 1, 0.5, "", ""],
      ["item-1", 1 / 2, 0.5, "hat", "red"],
      ["item-2", 1 / 3, 0.5, "", ""],
    ],
  );
  t.same(
    items.map(({ features }) => [...floatsFromBytes(features)]),
    [
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
    ],
  );
  t.same(
    items.map(({ otherPropensities }) => otherPropensities),
    [0, 1, 0].map((baseline) => ({ baseline, convex: 0.25 })),
  );
  t.same(
    ShownItemSchema.fields.filter((field) => !isFieldSet(items[1]!, field)),
    [],
    "no field is left out",
  );
  const { id, userId, kind, queryItemId, policy, layout, weights, expectedFeatures } = shown;
  t.same([id, userId, kind, queryItemId, policy, layout], ["list", "ann", "rerank", "", "adaptive", "three/1"]);
  t.same(weights, { clip: 1 });
  t.same([...floatsFromBytes(expectedFeatures.baseline!)], [1, 2, 3]);
});

t.test("the first hundred items are told, and of no items nothing", async (t) => {
  t.equal(fromBinary(RecommendationSchema, shownList({ ...whose, ranked: ranked(300) }).items).items.length, 100);
  t.equal(shownList({ ...whose, ranked: ranked(0) }).items.byteLength, 0);
});

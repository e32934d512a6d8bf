import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { BatchGetRequestSchema } from "../../gen/flashfit/index/v1/index_pb.ts";
import { floatsFromBytes } from "../kit/vector.ts";
import { createBatchGet } from "./batch-get.ts";
import { ItemStore } from "./store.ts";
import { unitVector } from "./unit-vector.ts";
import { plainScanner } from "./vectors/test-support.ts";
import { VectorIndex } from "./vectors/vector-index.ts";

const MODELS = new Map([
  ["clip", { name: "clip_fashion", metric: "cosine" as const }],
  ["blip", { name: "blip_fashion", metric: "l2" as const }],
]);

/** Items `i0`, `i1`, …; every second one has no vector of blip. */
function filled({ count, dimensions = 2 }: { count: number; dimensions?: number }): ItemStore {
  const store = new ItemStore({
    models: MODELS,
    createVectors: (options) => new VectorIndex({ ...options, scanner: plainScanner, blockRows: 64 }),
  });
  for (let n = 0; n < count; n++) {
    const values = Float32Array.from({ length: dimensions }, (_, at) => n + at + 1);
    const clip = { model: "clip", revision: "7", vector: unitVector(values) };
    const blip = { model: "blip", revision: "7", vector: values };
    const embeddings = n % 2 ? [clip] : [clip, blip];
    const attributes = { ownerId: "ann", category: "hat", colour: "red", priceCents: n, tags: ["linen"] };
    store.apply({ kind: "upsert", seq: BigInt(n + 1), item: { itemId: `i${n}`, ...attributes, embeddings } });
  }
  return store;
}

const { signal } = new AbortController();
const asked = (store: ItemStore, request: { itemIds: string[]; models?: string[]; minSeq?: bigint }) =>
  createBatchGet(store)(create(BatchGetRequestSchema, request), { signal });
const refusal = (answer: Promise<unknown>) =>
  answer.then(
    () => Promise.reject(new Error("expected a refusal, got an answer")),
    (error) => ConnectError.from(error),
  );

t.test("items come in the order of their ids with what is known of them, unknown ones are left out", async (t) => {
  const store = filled({ count: 4 });
  store.apply({ kind: "delete", seq: 5n, itemId: "i3" });
  const { items, appliedSeq } = await asked(store, { itemIds: ["i2", "nobody", "i1", "i3", "i0"] });
  t.same(
    items.map(({ itemId }) => itemId),
    ["i2", "i1", "i0"],
  );
  t.equal(appliedSeq, 5n);
  const [first, second] = items;
  t.match(first, { ownerId: "ann", category: "hat", colour: "red", priceCents: 2, tags: ["linen"] });
  t.same(
    first?.embeddings.map(({ model, vector }) => [model, [...floatsFromBytes(vector)]]),
    [
      ["clip", [0.6000000238418579, 0.800000011920929]],
      ["blip", [3, 4]],
    ],
    "unit length for cosine, as they were sent otherwise",
  );
  t.same(
    second?.embeddings.map(({ model }) => model),
    ["clip"],
  );
});

t.test("only the vectors of the models that are named are answered", async (t) => {
  const { items } = await asked(filled({ count: 2 }), { itemIds: ["i0", "i1"], models: ["blip"] });
  t.same(
    items.map(({ embeddings }) => embeddings.map(({ model }) => model)),
    [["blip"], []],
  );
  const unknown = await refusal(asked(filled({ count: 1 }), { itemIds: ["i0"], models: ["clip", "clap"] }));
  t.match(
    [unknown.code, unknown.rawMessage],
    [Code.InvalidArgument, 'models[1]: unknown model "clap"; known: clip, blip'],
  );
});

t.test("a change that is not applied yet is waited for", async (t) => {
  const store = filled({ count: 1 });
  const answer = asked(store, { itemIds: ["i0"], minSeq: 2n });
  store.apply({ kind: "delete", seq: 2n, itemId: "i0" });
  t.same(await answer, { items: [], appliedSeq: 2n });
});

t.test("more than a message holds is refused, and says how much is not", async (t) => {
  const store = filled({ count: 2, dimensions: 4096 });
  const itemIds = Array.from({ length: 1000 }, (_, n) => `i${n}`);
  const refused = await refusal(asked(store, { itemIds }));
  t.equal(refused.code, Code.ResourceExhausted);
  t.equal(refused.rawMessage, "1000 items of 8192 values are more than one answer holds: ask for 480 at most");
  t.equal((await asked(store, { itemIds: itemIds.slice(0, 480) })).items.length, 2);
});

t.test("the contract asks for 1 to 1,000 ids, each once", (t) => {
  const validator = createValidator();
  const kindOf = (itemIds: string[], models: string[] = []) =>
    validator.validate(BatchGetRequestSchema, create(BatchGetRequestSchema, { itemIds, models })).kind;
  const ids = (count: number) => Array.from({ length: count }, (_, n) => `i${n}`);
  t.equal(kindOf(ids(1000)), "valid");
  for (const wrong of [[], ids(1001), ["i0", "i0"], [""], ["x".repeat(129)]]) t.equal(kindOf(wrong), "invalid");
  t.equal(kindOf(["i0"], ["clip", "clip"]), "invalid");
  t.end();
});

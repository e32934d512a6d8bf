import { Code, ConnectError } from "@connectrpc/connect";
import { Registry } from "prom-client";
import t from "tap";
import { floatsFromBytes } from "../kit/vector.ts";
import { hashVector, inMemoryUpstreams } from "./in-memory-upstreams.ts";
import { createItemCache } from "./item-cache.ts";
import { createItemsOf, createVectorsOf } from "./vectors.ts";

const ENTRY_BYTES = 500 + 8 * 4;

function world({ maxBytes = 1e6 } = {}) {
  const { index, calls, replace } = inMemoryUpstreams();
  const clock = { ms: 0 };
  const metrics = new Registry();
  const cache = createItemCache({ maxBytes, maxAgeMs: 1000, metrics, nowMs: () => clock.ms });
  const add = (itemId: string, ownerId = "") => {
    const embeddings = [{ model: "clip", vector: hashVector("clip", itemId) }];
    return index.upsert({ items: [{ itemId, ownerId, category: "hat", colour: "red", embeddings }] });
  };
  return { itemsOf: createItemsOf(index, cache), index, cache, add, calls, clock, metrics, replace };
}

t.test("each item is asked for once, until its entry is old; one that is not there is absent", async (t) => {
  const { itemsOf, add, calls, clock, metrics } = world();
  await add("a");
  await add("b", "anna");
  calls.length = 0;
  const first = await itemsOf(["a", "b", "a", "nowhere"]);
  t.same([...first.keys()].sort(), ["a", "b"]);
  t.match(first.get("b"), { ownerId: "anna", category: "hat", colour: "red" });
  t.same(first.get("a")?.vectors.get("clip"), floatsFromBytes(hashVector("clip", "a")));
  t.equal(calls.filter((call) => call === "get").length, 3);
  clock.ms = 1000;
  t.same(await itemsOf(["a", "b"]), first);
  t.notOk((await itemsOf(["nowhere"])).has("nowhere"));
  t.equal(calls.length, 3, "nothing was asked again");
  clock.ms = 1001;
  await itemsOf(["a"]);
  t.equal(calls.length, 4);
  t.match(await metrics.metrics(), /fusion_item_requests_total\{outcome="hit"\} 3/);
  t.match(await metrics.metrics(), new RegExp(`fusion_item_cache_bytes ${2 * ENTRY_BYTES + 500}\n`));
});

t.test("the cache holds as much as it may, and forgets a person's items when told", async (t) => {
  const { itemsOf, add, calls, cache } = world({ maxBytes: 2 * ENTRY_BYTES });
  for (const id of ["a", "b", "c"]) await add(id, id === "c" ? "anna" : "");
  for (const id of ["a", "b", "c"]) await itemsOf([id]);
  calls.length = 0;
  await itemsOf(["b", "c"]);
  t.same(calls, []);
  cache.forgetOwner("anna");
  await itemsOf(["b"]);
  t.same(calls, []);
  await itemsOf(["c"]);
  t.same(calls, ["get"]);
});

t.test("without a cache the Index is asked every time", async (t) => {
  const { index, add, calls } = world();
  await add("a");
  const vectorsOf = createVectorsOf(index);
  calls.length = 0;
  for (let n = 0; n < 2; n++) t.same([...((await vectorsOf(["a"])).get("a")?.keys() ?? [])], ["clip"]);
  t.same(calls, ["get", "get"]);
});

t.test("an Index that is away is an error, not an empty answer", async (t) => {
  const { itemsOf, replace } = world();
  replace.index = {
    get() {
      throw new ConnectError("away", Code.Unavailable);
    },
  };
  await t.rejects(itemsOf(["a"]), { code: Code.Unavailable });
});

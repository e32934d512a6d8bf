import { Code, ConnectError } from "@connectrpc/connect";
import { Registry } from "prom-client";
import t from "tap";
import { floatsFromBytes } from "../kit/vector.ts";
import { hashVector, inMemoryUpstreams } from "./in-memory-upstreams.ts";
import { createItemCache } from "./item-cache.ts";
import { createItemOf, createItemsOf } from "./vectors.ts";

const ENTRY_BYTES = 500 + 8 * 4;

function world({ maxBytes = 1e6, maxAgeMs = 1000 } = {}) {
  const { index, calls, replace } = inMemoryUpstreams();
  const clock = { ms: 0 };
  const metrics = new Registry();
  const cache = createItemCache({ maxBytes, maxAgeMs, metrics, nowMs: () => clock.ms });
  const add = (itemId: string, ownerId = "") => {
    const embeddings = [{ model: "clip", vector: hashVector("clip", itemId) }];
    return index.upsert({ items: [{ itemId, ownerId, category: "hat", colour: "red", embeddings }] });
  };
  return {
    itemsOf: createItemsOf(index, cache),
    itemOf: createItemOf(index, cache),
    cache,
    add,
    calls,
    clock,
    metrics,
    replace,
  };
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
  t.same(calls, ["batchGet"]);
  clock.ms = 1000;
  t.same(await itemsOf(["a", "b"]), first);
  t.notOk((await itemsOf(["nowhere"])).has("nowhere"));
  t.equal(calls.length, 1, "nothing was asked again");
  clock.ms = 1001;
  await itemsOf(["a"]);
  t.equal(calls.length, 2);
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
  t.same(calls, ["batchGet"]);
  calls.length = 0;
  cache.forgetOwner();
  await itemsOf(["b"]);
  t.same(calls, [], "the catalogue is nobody's");
  await itemsOf(["c"]);
  t.same(calls, ["batchGet"]);
});

t.test("an item that a replica did not have yet is asked for again after two seconds", async (t) => {
  const { itemsOf, add, calls, clock } = world({ maxAgeMs: 60_000 });
  await itemsOf(["a"]);
  await add("a");
  calls.length = 0;
  clock.ms = 2000;
  t.notOk((await itemsOf(["a"])).has("a"));
  clock.ms = 2001;
  t.ok((await itemsOf(["a"])).has("a"));
  t.same(calls, ["batchGet"]);
});

t.test("one item is taken from the record, also when the cache says that it is absent, and remembered", async (t) => {
  const { itemsOf, itemOf, add, calls, cache, clock } = world();
  await itemsOf(["a"]);
  await add("a");
  calls.length = 0;
  t.same((await itemOf("a")).vectors.get("clip"), floatsFromBytes(hashVector("clip", "a")));
  t.equal((await itemsOf(["a"])).get("a"), await itemOf("a"));
  t.same(calls, ["get"]);
  cache.delete("a");
  await itemOf("a");
  t.same(calls, ["get", "get"]);
  clock.ms = 1001;
  await itemOf("a");
  t.equal(calls.length, 3);
  await t.rejects(itemOf("nowhere"), { code: Code.NotFound });
});

t.test("what is forgotten while the Index is asked for it is not kept", async (t) => {
  const { itemsOf, itemOf, add, calls, cache } = world();
  await add("a", "anna");
  for (const ask of [() => itemsOf(["a"]), () => itemOf("a")]) {
    for (const forget of [() => cache.forgetOwner("anna"), () => cache.delete("a")]) {
      const asking = ask();
      forget();
      await asking;
      t.equal(cache.get("a"), undefined);
    }
  }
  calls.length = 0;
  await itemsOf(["a"]);
  await itemsOf(["a"]);
  t.same(calls, ["batchGet"]);
});

t.test("more items than one answer may hold are asked for in several calls", async (t) => {
  const { itemsOf, add, calls } = world();
  const ids = Array.from({ length: 501 }, (_, n) => `item ${n}`);
  for (const id of ids) await add(id);
  calls.length = 0;
  t.same([...(await itemsOf(ids)).keys()], ids);
  t.same(calls, ["batchGet", "batchGet", "batchGet"]);
});

t.test("an Index that is away is an error, not an empty answer", async (t) => {
  const { itemsOf, replace } = world();
  replace.index = {
    batchGet() {
      throw new ConnectError("away", Code.Unavailable);
    },
  };
  await t.rejects(itemsOf(["a"]), { code: Code.Unavailable });
});

import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { type Client, Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import t from "tap";
import { projectRoot } from "../../cli/state/home.ts";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { bytesFromFloats } from "../../services/kit/vector.ts";
import { gather, refusal } from "../support/calls.ts";
import { readIdentity } from "../support/identity.ts";
import { startMesh } from "../support/mesh.ts";
import { edgeTransport } from "./clients.ts";

const ITEMS = 1200;
const DIMENSIONS = 16;

const mesh = await startMesh({ env: { INDEX_GRAPH_MIN_ROWS: "1000" } });
t.teardown(() => mesh.stop());
const tls = readIdentity(mesh.identity("cli"));
const operator = meshClient(IndexService, { baseUrl: mesh.addresses.mesh ?? "", tls, timeoutMs: 30_000 });
const meshUrl = mesh.addresses.mesh ?? "";
/** As services and operators ask, in every protocol. */
const inside: Record<string, Client<typeof IndexService>> = {
  connect: operator,
  grpc: createClient(IndexService, createGrpcTransport({ baseUrl: meshUrl, nodeOptions: tls })),
  "grpc-web": createClient(
    IndexService,
    createGrpcWebTransport({ baseUrl: meshUrl, httpVersion: "2", nodeOptions: tls }),
  ),
};
const nodeOptions = { ca: mesh.ca };
const edge: Record<string, Client<typeof IndexService>> = {
  connect: createClient(IndexService, edgeTransport(mesh, 20_000)),
  grpc: createClient(IndexService, createGrpcTransport({ baseUrl: mesh.edgeUrl, nodeOptions })),
  "grpc-web": createClient(
    IndexService,
    createGrpcWebTransport({ baseUrl: mesh.edgeUrl, httpVersion: "2", nodeOptions }),
  ),
};

const vector = (n: number) => {
  const values = Float32Array.from({ length: DIMENSIONS }, (_, at) => Math.sin((n + 1) * (at + 1) * 1.7));
  return new Uint8Array(bytesFromFloats(values));
};
const itemId = (n: number) => `item-${String(n).padStart(4, "0")}`;
const queryOf = (n: number) => ({ index: "clip_fashion", vector: vector(n) });
/** Twenty of them are Ann's. */
const items = Array.from({ length: ITEMS }, (_, n) => ({
  itemId: itemId(n),
  ownerId: n < 20 ? "ann" : "",
  embeddings: [{ model: "clip", revision: "1", vector: vector(n) }],
}));
let written = 0n;
for (let from = 0; from < ITEMS; from += 400)
  written = (await operator.upsert({ items: items.slice(from, from + 400) })).changeSeq;

/** What is only read, so that every protocol can ask the same. */
for (const [protocol, client] of Object.entries(inside)) {
  t.test(`${protocol}: range, list and batches through the mesh listener`, async (t) => {
    const minSeq = written;
    const ranged = await gather(client.rangeSearch({ query: queryOf(700), minScore: 0.5, minSeq }));
    const { neighbours } = ranged[0]!;
    t.match(neighbours[0], { itemId: itemId(700) });
    t.ok(neighbours.length > 1 && neighbours.every(({ score }) => score >= 0.5));
    t.ok(
      neighbours.every(({ score }, at) => at === 0 || score <= neighbours[at - 1]!.score),
      "best first",
    );
    const one = await gather(client.rangeSearch({ query: queryOf(700), minScore: 0.5, limit: 1, minSeq }));
    t.match(one, [{ neighbours: { length: 1 }, more: true }]);

    const ann = { ownerIds: ["ann"] };
    const first = await client.list({ filter: ann, pageSize: 15 });
    const second = await client.list({ filter: ann, pageSize: 15, pageToken: first.nextPageToken });
    t.same(
      [...first.items, ...second.items].map((item) => item.itemId),
      Array.from({ length: 20 }, (_, n) => itemId(n)),
    );
    t.equal(second.nextPageToken, "");

    const ids = [itemId(5), "nobody", itemId(3)];
    const batch = await client.batchGet({ itemIds: ids, models: ["clip"], minSeq });
    t.same(
      batch.items.map((item) => [item.itemId, item.ownerId, item.embeddings[0]?.vector.length]),
      [5, 3].map((n) => [itemId(n), "ann", 4 * DIMENSIONS]),
      "in the order of the ids, without what is not there",
    );
  });

  t.test(`${protocol}: what is wrong is named`, async (t) => {
    const short = { index: "clip_fashion", vector: vector(0).subarray(0, 32) };
    const wide = { index: "clip_fashion", vector: new Uint8Array(4_000_000) };
    const otherList = await client.list({ filter: { ownerIds: ["ann"] }, pageSize: 1 });
    const bad: [string, () => Promise<unknown>, RegExp][] = [
      ["no query", () => gather(client.rangeSearch({ minScore: 0 })), /query/],
      ["NaN", () => gather(client.rangeSearch({ query: queryOf(0), minScore: Number.NaN })), /min_score/],
      ["limit", () => gather(client.rangeSearch({ query: queryOf(0), limit: 10_001 })), /limit/],
      ["length", () => gather(client.rangeSearch({ query: short })), /query\.vector.*16 dimensions.*got 8/],
      ["a million values", () => gather(client.rangeSearch({ query: wide })), /query\.vector/],
      ["page size", () => client.list({ pageSize: 1001 }), /page_size/],
      ["page token", () => client.list({ pageToken: otherList.nextPageToken }), /page_token/],
      ["no owner", () => client.deleteByOwner({ ownerId: "" }), /owner_id/],
      ["NUL", () => client.deleteByOwner({ ownerId: "a\0b" }), /owner_id/],
      ["no ids", () => client.batchGet({ itemIds: [] }), /item_ids/],
      ["an id twice", () => client.batchGet({ itemIds: ["a", "a"] }), /item_ids/],
      ["model", () => client.batchGet({ itemIds: ["a"], models: ["gpt"] }), /models/],
    ];
    for (const [what, call, message] of bad)
      t.match(await refusal(call()), { code: Code.InvalidArgument, rawMessage: message }, what);
    const unknown = gather(client.rangeSearch({ query: { index: "nothing", vector: vector(0) } }));
    t.match(await refusal(unknown), { code: Code.NotFound, rawMessage: /nothing/ });
  });
}

for (const [protocol, client] of Object.entries(edge)) {
  t.test(`${protocol}: at the edge nothing is to be found but the list of indices`, async (t) => {
    const { indexes } = await client.listIndexes({});
    t.match(indexes, { length: 3 });
    const calls = {
      search: () => client.search({ queries: [queryOf(0)], k: 1 }),
      rangeSearch: () => gather(client.rangeSearch({ query: queryOf(0) })),
      get: () => client.get({ itemId: itemId(0) }),
      batchGet: () => client.batchGet({ itemIds: [itemId(0)] }),
      list: () => client.list({}),
      upsert: () => client.upsert({ items: items.slice(0, 1) }),
      delete: () => client.delete({ itemIds: [itemId(0)] }),
      deleteByOwner: () => client.deleteByOwner({ ownerId: "ann" }),
      verify: () => gather(client.verify({})),
      benchmark: () => gather(client.benchmark({ index: "clip_fashion" })),
      snapshot: () => client.snapshot({}),
      restore: () => client.restore({}),
      compact: () => gather(client.compact({})),
      tune: () => gather(client.tune({ index: "clip_fashion" })),
    };
    const named = [...Object.keys(calls), "listIndexes"].sort();
    t.same(named, IndexService.methods.map(({ localName }) => localName).sort(), "that is all of them");
    for (const [method, call] of Object.entries(calls))
      t.equal((await refusal(call())).code, Code.Unimplemented, method);
  });
}

t.test("through the mesh listener: snapshot, compact, restore, verify", async (t) => {
  const { snapshot } = await operator.snapshot({});
  t.match(snapshot, { changeSeq: written, vectorCount: BigInt(ITEMS) });
  const compacted = (await gather(operator.compact({ index: "clip_fashion" }))).at(-1);
  t.match(compacted, { index: "clip_fashion", result: { vectorCount: BigInt(ITEMS) } });
  t.match(await operator.restore({}), { restoredSeq: written, generation: snapshot?.generation });
  t.match(await operator.restore({ fromStore: true }), { appliedSeq: written, generation: "" });
  t.match((await gather(operator.verify({ vectorShare: 1 }))).at(-1), { done: true, differences: 0n });
  const refused: [() => Promise<unknown>, Code, RegExp][] = [
    [() => gather(operator.verify({ vectorShare: 2 })), Code.InvalidArgument, /vector_share/],
    [() => gather(operator.benchmark({ index: "" })), Code.InvalidArgument, /index/],
    [() => gather(operator.benchmark({ index: "clip_fashion", k: 1001 })), Code.InvalidArgument, /k/],
    [() => gather(operator.benchmark({ index: "nothing" })), Code.NotFound, /nothing/],
    [
      () => gather(operator.benchmark({ index: "blip_fashion" })),
      Code.FailedPrecondition,
      /holds 0 vectors: at least 2/,
    ],
    [() => gather(operator.tune({ index: "clip_fashion", targetRecall: 2 })), Code.InvalidArgument, /target_recall/],
    [() => gather(operator.compact({ index: "nothing" })), Code.NotFound, /nothing/],
    [() => operator.restore({ generation: "generation-99999999" }), Code.NotFound, /generation-99999999/],
  ];
  for (const [call, code, message] of refused) t.match(await refusal(call()), { code, rawMessage: message });
});

t.test("flashfit index: tables for people, JSON for programs", async (t) => {
  const [shown, benchmark, verified, verify, nothing] = await Promise.all([
    flashfit("index", "benchmark", "clip_fashion", "--queries", "20"),
    flashfit("index", "benchmark", "clip_fashion", "--queries", "20", "--json"),
    flashfit("index", "verify"),
    flashfit("index", "verify", "--vectors", "1", "--json"),
    flashfit("index", "benchmark", "nothing"),
  ]);
  t.match(shown, { code: 0, stdout: /clip_fashion/ });
  t.match(JSON.parse(benchmark.stdout), [{ index: "clip_fashion", queries: 20, vectorCount: ITEMS, recall: Number }]);
  t.match(verified, { code: 0, stdout: /good: memory holds what the store of record holds/ });
  t.match(JSON.parse(verify.stdout), { ok: true, differences: 0, vectorsChecked: ITEMS });
  t.match(nothing, { code: 1, stderr: /nothing/ });

  const { engine } = await operator.listIndexes({});
  const tune = await flashfit("index", "tune", "clip_fashion", "--factory", "HNSW16,Flat", "--queries", "20", "--json");
  if (engine?.name === "flat") {
    t.comment("SKIPPED: tune with graphs. There is no engine for them (npm run setup:faiss)");
    t.match(tune, { code: 1, stderr: /flat|engine/ });
  } else {
    t.match(JSON.parse(tune.stdout), { proposal: { reachedTarget: true } });
    t.ok(JSON.parse(tune.stdout).trials.some(({ factory }: { factory: string }) => factory === "HNSW16,Flat"));
  }
});

t.test("DeleteByOwner takes a person's items, and none of the others'", async (t) => {
  const { deleted, changeSeq } = await operator.deleteByOwner({ ownerId: "ann" });
  t.equal(deleted, 20n);
  const ids = [itemId(0), itemId(19), itemId(20)];
  const { items: left } = await operator.batchGet({ itemIds: ids, minSeq: changeSeq });
  t.same(
    left.map((item) => item.itemId),
    [itemId(20)],
  );
  t.match(await operator.deleteByOwner({ ownerId: "ann" }), { deleted: 0n });
});

/** What a command of `flashfit` says, asking this mesh. */
function flashfit(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; stdout: string; stderr: string }>();
  const env = { ...process.env, FLASHFIT_HOME: mesh.home };
  const child = execFile(process.execPath, [join(projectRoot, "bin/flashfit.mjs"), ...args], { env }, (_, ...said) => {
    const [stdout, stderr] = said;
    resolve({ code: child.exitCode ?? -1, stdout, stderr });
  });
  return promise;
}

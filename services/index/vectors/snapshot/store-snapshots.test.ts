import { execFile } from "node:child_process";
import {
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import fc from "fast-check";
import t from "tap";
import type { SharedRows } from "../../kernel/shared-rows.ts";
import { blockOf, randomOf, randomVectors } from "../../kernel/testing/random-rows.ts";
import type { Attributes } from "../attributes.ts";
import { HeldGraph } from "../held-graph.ts";
import { PlainEngine, plainScanner } from "../test-support.ts";
import { VectorIndex } from "../vector-index.ts";
import { SnapshotWriteError } from "./errors.ts";
import { realFiles } from "./files.ts";
import type { IndexManifest } from "./manifest.ts";
import { type SnapshotEvent, StoreSnapshots } from "./store-snapshots.ts";

const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
t.comment(`TEST_SEED=${seed}`);
const folder = await mkdtemp(join(tmpdir(), "flashfit-snapshots-"));
t.teardown(() => rm(folder, { recursive: true, force: true }));

const engine = new PlainEngine();
const graph = { engine, factory: () => "Plain" };

function emptyIndex(dimensions: number): VectorIndex {
  return new VectorIndex({
    dimensions,
    metric: "ip",
    scanner: plainScanner,
    graph,
    blockRows: dimensions === 3 ? 16 : undefined,
    rebuild: { minGraphRows: 10, minDeadRows: 6 },
  });
}

async function openGraph(path: string, { dimensions, graph }: IndexManifest): Promise<HeldGraph> {
  return new HeldGraph(await engine.open(path, { dimensions, metric: "ip" }), "faiss", graph!.factory);
}

/** All items of an index with what is known of them, by id. */
async function contentsOf(index: VectorIndex) {
  const everywhere = new Float32Array(index.dimensions).fill(1);
  const { neighbours } = await index.search({ vector: everywhere, k: 10_000, exact: true });
  const items = neighbours.map(({ itemId }) => ({ ...index.attributes(itemId)!, vector: [...index.vector(itemId)!] }));
  return items.sort((a, b) => (a.itemId < b.itemId ? -1 : 1));
}

async function reopen(snapshots: StoreSnapshots) {
  const opened = await snapshots.open(openGraph);
  if (!opened) return undefined;
  const indexes = new Map(
    [...opened.indexes].map(([name, { manifest, rows, graph: held }]) => [
      name,
      new VectorIndex({
        dimensions: manifest.dimensions,
        metric: manifest.metric,
        scanner: plainScanner,
        graph,
        rebuild: { minGraphRows: 10 },
        restored: { rows, graph: held },
      }),
    ]),
  );
  return { ...opened, indexes };
}

const change = fc.record({
  item: fc.record(
    {
      itemId: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyzäöü漢".split("")),
      owner: fc.nat(3),
      category: fc.nat(3),
      colour: fc.nat(3),
      tags: fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 }),
      price: fc.nat(1000),
    },
    { requiredKeys: ["itemId", "owner", "category", "colour"] },
  ),
  values: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 }),
  kind: fc.constantFrom("put", "put", "remove", "rebuild", "turn"),
});

t.test("a snapshot holds what was there when it began, in all indexes, whatever changes meanwhile", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { maxLength: 80, size: "max" }),
      fc.array(change, { maxLength: 40, size: "max" }),
      async (before, after) => {
        const snapshots = new StoreSnapshots({ folder: join(folder, `run-${run++}`) });
        const one = emptyIndex(3);
        const two = emptyIndex(3);
        const rebuilds: Promise<void>[] = [];
        const apply = async ({ item, values, kind }: (typeof before)[number]) => {
          if (kind === "turn") await Promise.all(rebuilds.splice(0));
          if (kind === "rebuild") rebuilds.push(one.rebuild());
          if (kind !== "put" && kind !== "remove") return;
          for (const index of [one, two]) {
            index.remove(item.itemId);
            if (kind === "put") index.add(item, Float32Array.from(values));
          }
        };
        for (const step of before) await apply(step);
        const expected = await contentsOf(one);
        const strings = ["", "ann"];
        const writing = snapshots.write({
          seq: 12n,
          lists: { owners: { count: strings.length, strings } },
          indexes: new Map([
            ["one", one],
            ["two", two],
          ]),
        });
        strings.push("later");
        for (const step of after) await apply(step);
        const info = await writing;
        await Promise.all(rebuilds);
        const opened = await reopen(snapshots);
        if (!opened) throw new Error("expected a snapshot, got none");
        const text = JSON.stringify(expected);
        for (const index of opened.indexes.values()) {
          const found = JSON.stringify(await contentsOf(index));
          if (found !== text) throw new Error(`expected ${text}, got ${found}`);
          await index.close();
        }
        for (const index of [one, two]) await index.close();
        if (opened.info.seq !== 12n || info.rows !== expected.length * 2) throw new Error("the info is not of it");
        if (opened.lists.owners!.join() !== ",ann") throw new Error("the list is not of it");
      },
    ),
    { seed, numRuns: 40 },
  );
});

t.test("rows that are read have the codes of rows that were added", async (t) => {
  const snapshots = new StoreSnapshots({ folder: join(folder, "codes") });
  const index = emptyIndex(100);
  const fresh = blockOf(randomVectors(randomOf(1), 200, 100), 100);
  const item = (n: number): Attributes => ({ itemId: `item-${n}`, owner: 0, category: 0, colour: 0, tags: [] });
  for (let n = 0; n < 200; n++) index.add(item(n), fresh.get(n));
  await snapshots.write({ seq: 1n, lists: {}, indexes: new Map([["clip", index]]) });
  const [block] = (await snapshots.open())!.indexes.get("clip")!.rows.blocks;
  t.equal(block!.vectorBytes, index.memory.vectors);
  const bytes = 200 * (fresh.rowBytes - fresh.stride * 4);
  const codesOf = ({ codes }: SharedRows) => Buffer.from(codes!.buffer, 0, bytes);
  t.ok(codesOf(block!.rows).equals(codesOf(fresh)));
  await index.close();
});

/** Two generations; the newer one has `rows` rows and a graph. */
async function twoGenerations(name: string, rows = 120) {
  const path = join(folder, name);
  const events: SnapshotEvent[] = [];
  const snapshots = new StoreSnapshots({ folder: path, onEvent: (event) => events.push(event) });
  const index = emptyIndex(32);
  const indexes = new Map([["clip", index]]);
  const lists = { owners: { count: 1, strings: ["ann"] } };
  const item = (n: number): Attributes => ({
    itemId: `item-${n}`,
    owner: 0,
    category: n % 3,
    colour: 0,
    tags: [n % 2],
  });
  index.add(item(0), new Float32Array(32).fill(1));
  await snapshots.write({ seq: 1n, lists, indexes });
  for (let n = 1; n < rows; n++) index.add(item(n), new Float32Array(32).fill(n));
  await index.rebuild();
  await snapshots.write({ seq: 2n, lists, indexes });
  events.length = 0;
  return { path, snapshots, events, index, contents: { seq: 3n, lists, indexes } };
}

async function filesOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

t.test("a file cut or changed anywhere is noticed, set aside, and the generation before is used", async (t) => {
  const { path, snapshots, events } = await twoGenerations("torn");
  const newest = join(path, "generation-00000002");
  const spare = join(folder, "torn-spare");
  await cp(newest, spare, { recursive: true });
  const files = await filesOf(newest);
  t.same(files.map((file) => file.slice(newest.length + 1)).sort(), [
    "clip/columns",
    "clip/graph",
    "clip/ids",
    "clip/vectors",
    "lists/owners",
    "manifest.json",
  ]);
  let damaged = 0;
  const check = async (what: string) => {
    const opened = await snapshots.open(openGraph);
    const event = events.splice(0)[0];
    if (opened?.info.seq !== 1n || event?.kind !== "set-aside") {
      throw new Error(`${what}: expected the generation before, got seq ${opened?.info.seq} and ${event?.kind}`);
    }
    damaged++;
    await rm(`${newest}.corrupt`, { recursive: true });
    await cp(spare, newest, { recursive: true });
  };
  for (const file of files) {
    const { size } = await stat(file);
    for (let at = 0; at < size; at += 4096) {
      await truncate(file, at);
      await check(`${file} cut at ${at}`);
      const flip = at + ((at * 7919 + seed) % Math.min(4096, size - at));
      const bytes = await readFile(file);
      bytes[flip]! ^= 1 << (flip % 8);
      await writeFile(file, bytes);
      await check(`${file} flipped at ${flip}`);
    }
    await writeFile(file, Buffer.concat([await readFile(file), Buffer.of(0)]));
    await check(`${file} with a byte more`);
    await rm(file);
    await check(`${file} missing`);
  }
  t.ok(damaged >= 30, `${damaged} damaged snapshots`);
  t.equal((await snapshots.open(openGraph))?.info.seq, 2n, "the sound one is read");
  t.same(events, []);
});

t.test("every bit of a manifest counts", async (t) => {
  const { path, snapshots, events } = await twoGenerations("manifest", 2);
  const newest = join(path, "generation-00000002");
  const manifest = join(newest, "manifest.json");
  const sound = await readFile(manifest);
  for (let bit = 0; bit < sound.length * 8; bit += 3) {
    const bytes = Buffer.from(sound);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    await writeFile(manifest, bytes);
    if ((await snapshots.open(openGraph))?.info.seq !== 1n) t.fail(`bit ${bit} does not count`);
    await rename(`${newest}.corrupt`, newest);
  }
  t.equal(events.length, Math.ceil((sound.length * 8) / 3));
  t.ok(events.every(({ kind }) => kind === "set-aside"));
});

t.test("a write that fails at any point says so and leaves what was there", async (t) => {
  const { path } = await twoGenerations("failing", 20);
  const { contents } = await twoGenerations("failing-other", 20);
  for (const what of ["write", "sync", "rename"] as const) {
    for (let nth = 0; ; nth++) {
      let calls = 0;
      const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
      const failing = async (...args: never[]) => {
        if (calls++ === nth) throw full;
        return (realFiles[what] as (...args: never[]) => Promise<void>)(...args);
      };
      const copy = join(folder, `failing-${what}-${nth}`);
      await cp(path, copy, { recursive: true });
      const snapshots = new StoreSnapshots({ folder: copy, files: { ...realFiles, [what]: failing } });
      const outcome = await snapshots.write(contents).catch((error: unknown) => error);
      if (!(outcome instanceof SnapshotWriteError)) {
        t.ok(nth > 0, `${what}: ${nth} points of failure`);
        break;
      }
      if (outcome.kind !== "disk full" || !/the disk is full; the one before is kept$/.test(outcome.message)) {
        t.fail(outcome.message);
      }
      // A rename that is done counts, though the directory could not be synced after it.
      const generations = (await readdir(copy)).sort();
      const opened = await new StoreSnapshots({ folder: copy }).open(openGraph);
      if (generations.some((name) => name.startsWith("writing-")) || (opened?.info.seq ?? 0n) < 2n) {
        t.fail(`${what} ${nth}: left ${generations}, opened ${opened?.info.seq}`);
      }
    }
  }
});

const run = promisify(execFile);
const mount = join(folder, "small-disk");
await mkdir(mount);
/** Why a small disk cannot be had here, where it cannot. */
const noSmallDisk = await run("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", mount]).then(
  () => undefined,
  (error: Error) => `a small disk cannot be mounted here: ${error.message.trim()}`,
);

t.test("a disk that is really full leaves the snapshot that was there", { skip: noSmallDisk }, async (t) => {
  try {
    const { contents, index } = await twoGenerations("for-small-disk", 20);
    const snapshots = new StoreSnapshots({ folder: mount });
    await snapshots.write(contents);
    for (let n = 0; n < 4000; n++) {
      index.add({ itemId: `more-${n}`, owner: 0, category: 0, colour: 0 }, new Float32Array(32).fill(1));
    }
    await t.rejects(snapshots.write({ ...contents, seq: 4n }), { name: "SnapshotWriteError", kind: "disk full" });
    t.equal((await snapshots.open(openGraph))?.info.seq, 3n);
    t.same(await readdir(mount), ["generation-00000001"]);
  } finally {
    await run("umount", [mount]);
  }
});

t.test("two generations are kept, and what an end in the midst of writing left is removed", async (t) => {
  const { path, snapshots, contents } = await twoGenerations("kept", 20);
  await mkdir(join(path, "writing-generation-00000003"));
  await copyFile(
    join(path, "generation-00000002", "manifest.json"),
    join(path, "writing-generation-00000003", "manifest.json"),
  );
  t.equal((await snapshots.open(openGraph))?.info.seq, 2n, "what is not renamed is not there");
  const writing = snapshots.write(contents);
  await t.rejects(snapshots.write(contents), /being written already: wait for it/);
  await writing;
  t.same((await readdir(path)).sort(), ["generation-00000002", "generation-00000003"]);
  t.same(
    (await snapshots.list()).map(({ seq }) => seq),
    [3n, 2n],
  );
});

t.test("without a snapshot there is none; a graph that its engine refuses is built again", async (t) => {
  t.equal(await new StoreSnapshots({ folder: join(folder, "nowhere") }).open(openGraph), undefined);
  const { snapshots, events } = await twoGenerations("refused", 20);
  const opened = await snapshots.open(async () => {
    throw new Error("another version");
  });
  t.equal(opened?.indexes.get("clip")?.graph, undefined);
  t.match(events, [{ kind: "graph-dropped", index: "clip", error: /another version/ }]);
  const reopened = await reopen(snapshots);
  const index = reopened!.indexes.get("clip")!;
  t.equal(index.graphRows, 20, "a graph that it opens serves at once");
  await index.close();
});

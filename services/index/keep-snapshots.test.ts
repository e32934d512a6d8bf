import t from "tap";
import { IndexEvents } from "./events.ts";
import { keepSnapshots } from "./keep-snapshots.ts";
import { SnapshotWriteError } from "./vectors/snapshot/errors.ts";
import type { SnapshotInfo } from "./vectors/snapshot/store-snapshots.ts";

/** A clock whose pauses end when the test says so. */
function setUp() {
  const pauses: { ms: number; end: () => void }[] = [];
  const waiting: (() => void)[] = [];
  const pause = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      pauses.push({ ms, end: resolve });
      signal.addEventListener("abort", () => resolve(), { once: true });
      for (const seen of waiting.splice(0)) seen();
    });
  const applied = { value: 0n };
  const written: bigint[] = [];
  const snapshots = {
    newest: undefined as SnapshotInfo | undefined,
    fails: false,
    async write() {
      if (snapshots.fails)
        throw new SnapshotWriteError("/full", Object.assign(new Error("no room"), { code: "ENOSPC" }));
      written.push(applied.value);
      snapshots.newest = { ...{ generation: "g", key: "", at: new Date(0), bytes: 1, rows: 1 }, seq: applied.value };
      return { info: snapshots.newest, ms: 1 };
    },
  };
  const events = new IndexEvents();
  const stop = new AbortController();
  const store = { applied } as unknown as Parameters<typeof keepSnapshots>[0]["store"];
  const kept = keepSnapshots({ snapshots, store, events, everyMs: 60_000, lastMs: 500, signal: stop.signal, pause });
  /** Ends the pause that is on, and resolves at the next one. */
  const nextInterval = () => {
    const begun = new Promise<void>((resolve) => waiting.push(resolve));
    pauses.at(-1)!.end();
    return begun;
  };
  return { applied, written, snapshots, events, stop, kept, pauses, nextInterval };
}

t.test("a snapshot is written at the interval where anything is new, and a last one at the end", async (t) => {
  const { applied, written, events, stop, kept, pauses, nextInterval } = setUp();
  applied.value = 3n;
  await nextInterval();
  await nextInterval();
  t.same(written, [3n], "nothing was new");
  const event = { kind: "rebuilt" as const, rows: 1, graph: "HNSW32,Flat", compacted: false, ms: 1 };
  events.tell("vectors", { index: "a", event });
  await nextInterval();
  t.same(written, [3n, 3n], "a graph was new");
  applied.value = 5n;
  stop.abort();
  await kept;
  t.same(written, [3n, 3n, 5n]);
  t.same([...new Set(pauses.map(({ ms }) => ms))], [60_000, 500]);
});

t.test("a snapshot that cannot be written is tried again", async (t) => {
  const { applied, written, snapshots, stop, kept, nextInterval } = setUp();
  applied.value = 1n;
  snapshots.fails = true;
  await nextInterval();
  snapshots.fails = false;
  await nextInterval();
  t.same(written, [1n]);
  stop.abort();
  await kept;
});

t.test("a last snapshot that takes too long is not waited for", async (t) => {
  const { applied, snapshots, stop, kept, pauses } = setUp();
  applied.value = 1n;
  snapshots.write = () => new Promise(() => {});
  stop.abort();
  while (pauses.at(-1)?.ms !== 500) await Promise.resolve();
  pauses.at(-1)!.end();
  await kept;
  t.pass("it ended");
});

import t from "tap";
import { SnapshotWatch } from "./snapshot-watch.ts";

function setUp(everyMs: number | undefined) {
  const world = { now: 1_000_000, applied: 5n };
  const watch = new SnapshotWatch({ applied: () => world.applied, everyMs, now: () => world.now });
  const snapshot = (seq: bigint) => ({ seq, at: new Date(world.now), bytes: 7 });
  return { world, watch, snapshot };
}

t.test("a snapshot is late from the first change on that it does not have", async (t) => {
  const { world, watch, snapshot } = setUp(1000);
  t.same([watch.late, watch.ageSeconds, watch.bytes, watch.writeSeconds], [0, undefined, undefined, undefined]);
  world.now += 3000;
  t.equal(watch.late, 3, "none was written since the start");
  watch.written(snapshot(5n), 250);
  t.same([watch.late, watch.ageSeconds, watch.bytes, watch.writeSeconds], [0, 0, 7, 0.25]);
  world.now += 60_000;
  t.equal(watch.late, 0, "nothing changed");
  t.equal(watch.ageSeconds, 60);
  world.applied = 6n;
  t.equal(watch.late, 0, "a moment ago");
  world.now += 2000;
  t.equal(watch.late, 2);
  watch.written(snapshot(6n), 1);
  t.equal(watch.late, 0);
});

t.test("one that this replica started from is as old as it is", async (t) => {
  const { world, watch, snapshot } = setUp(1000);
  const old = snapshot(4n);
  world.now += 8000;
  watch.restored(old);
  t.equal(watch.late, 8);
});

t.test("where none are written none is late", async (t) => {
  const { world, watch } = setUp(undefined);
  world.now += 1e9;
  t.equal(watch.late, 0);
});

import t from "tap";
import { ScanPool } from "../kernel/scan-pool.ts";
import { randomOf } from "../kernel/testing/random-rows.ts";
import { RowSet } from "./row-set.ts";
import { Sketching } from "./sketching.ts";
import { VectorIndex } from "./vector-index.ts";

const dimensions = 192;
const random = randomOf(7);
const directions = Array.from({ length: 12 }, () => Float32Array.from({ length: dimensions }, () => random() - 0.5));

/** A row that lies along a few directions, but for a little. */
function drawn(): Float32Array {
  const row = Float32Array.from({ length: dimensions }, () => 0.05 * (random() - 0.5));
  for (const direction of directions) {
    const factor = random() - 0.5;
    for (let n = 0; n < dimensions; n++) row[n]! += factor * direction[n]!;
  }
  return row;
}

const item = (n: number) => ({ itemId: `item-${n}`, owner: 0, category: 0, colour: n % 5, tags: [] });

function filled(count: number, of: () => Float32Array = drawn): RowSet {
  const rows = new RowSet({ dimensions });
  for (let n = 0; n < count; n++) rows.add(item(n), of());
  return rows;
}

t.test("rows get sketches once there are enough of them, later ones as they come", async (t) => {
  const rows = filled(4095);
  const sketching = new Sketching(() => rows);
  sketching.check();
  await sketching.settled();
  t.equal(rows.rotation, undefined);
  rows.add(item(4095), drawn());
  sketching.check();
  rows.add(item(4096), drawn());
  await sketching.settled();
  t.ok(rows.rotation);
  t.ok(rows.sketched);
  t.equal(
    rows.blocks.reduce((sum, block) => sum + block.rows.sketches!.rows, 0),
    4097,
  );
  // Into a new block, too.
  for (let n = 4097; n < 9000; n++) rows.add(item(n), drawn());
  t.ok(rows.sketched);
  t.throws(() => {
    rows.rotation = rows.rotation!;
  }, new RangeError("expected rows without axes, they have some"));
  await sketching.close();
});

t.test("rows that differ in every direction are asked again when they are four times as many", async (t) => {
  const anything = () => Float32Array.from({ length: dimensions }, () => random() - 0.5);
  const rows = filled(4096, anything);
  const sketching = new Sketching(() => rows);
  sketching.check();
  await sketching.settled();
  t.equal(rows.rotation, undefined);
  for (let n = 4096; n < 4 * 4096 - 1; n++) rows.add(item(n), drawn());
  sketching.check();
  await sketching.settled();
  t.equal(rows.rotation, undefined);
  rows.add(item(4 * 4096 - 1), drawn());
  sketching.check();
  await sketching.settled();
  t.ok(rows.sketched && rows.rotation);
});

t.test("closing ends what is under way", async (t) => {
  const rows = filled(4096);
  const sketching = new Sketching(() => rows);
  sketching.check();
  await sketching.close();
  t.equal(rows.rotation, undefined);
  sketching.check();
  await sketching.settled();
  t.equal(rows.rotation, undefined);
});

t.test("searches find the same with sketches, and after rows were moved together", async (t) => {
  const scanner = new ScanPool({ threads: 1 });
  t.teardown(() => scanner.close());
  const index = new VectorIndex({ dimensions, metric: "l2", scanner, rebuild: { minDeadRows: 1e9 } });
  for (let n = 0; n < 5000; n++) index.add(item(n), drawn());
  const vectors = Array.from({ length: 5 }, drawn);
  const searches = () =>
    Promise.all(
      vectors.flatMap((vector) => [
        index.search({ vector, k: 10 }),
        index.search({ vector, k: 10, filter: { anyOf: { colour: new Set([1]) } } }),
      ]),
    );
  const neighboursOf = async () => (await searches()).map(({ neighbours }) => neighbours);
  const before = await neighboursOf();
  await index.settled();
  t.ok(index.holdCut().cut.blocks.every(({ block, count }) => block.rows.sketches!.rows === count));
  t.strictSame(await neighboursOf(), before);
  const far = Float32Array.from({ length: dimensions }, () => 100);
  for (let n = 5000; n < 5100; n++) index.add(item(n), far);
  for (let n = 5000; n < 5100; n++) index.remove(`item-${n}`);
  await index.rebuild();
  await index.settled();
  t.equal(index.tombstones, 0);
  t.ok(index.holdCut().cut.blocks.every(({ block, count }) => block.rows.sketches!.rows === count));
  t.strictSame(await neighboursOf(), before);
  await index.close();
});

import { setImmediate as nextTurn } from "node:timers/promises";
import t from "tap";
import { collectGarbage } from "../../../test/support/collect-garbage.ts";
import { ScanPool } from "../kernel/scan-pool.ts";
import { randomOf, randomVectors } from "../kernel/testing/random-rows.ts";
import { scoreOf } from "./test-support.ts";
import { VectorIndex } from "./vector-index.ts";

const DIMENSIONS = 256;
/** Rows, codes and sketches of so many are large enough to be given back in pieces. */
const COUNT = 6000;
const QUERIES = 16;
const K = 5;

/** @returns the ids of the nearest that are there, in the plainest way */
function expected(query: Float32Array, vectors: Map<string, Float32Array>): string[] {
  return [...vectors]
    .map(([id, vector]) => ({ id, score: scoreOf("l2", query, vector) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, K)
    .map(({ id }) => id);
}

for (const threads of [0, 2]) {
  t.test(`on ${threads} threads all answers are right while what compactions leave is given back`, async (t) => {
    const random = randomOf(7);
    const scanner = new ScanPool({ threads, inlineUs: 0 });
    t.teardown(() => scanner.close());
    const index = new VectorIndex({ dimensions: DIMENSIONS, metric: "l2", scanner });
    t.teardown(() => index.close());
    const values = randomVectors(random, COUNT, DIMENSIONS);
    const live = new Map<string, Float32Array>();
    for (let row = 0; row < COUNT; row++) {
      const vector = values.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS);
      index.add({ itemId: `item-${row}`, owner: 0, category: 0, colour: 0 }, vector);
      live.set(`item-${row}`, vector);
    }
    for (let round = 0; round < 4; round++) {
      const queries = Array.from({ length: QUERIES }, () => randomVectors(random, 1, DIMENSIONS));
      const right = queries.map((query) => expected(query, live));
      const found = queries.map(async (vector) => {
        const { neighbours } = await index.search({ vector, k: K, exact: true });
        return neighbours.map(({ itemId }) => itemId);
      });
      // What those searches see goes on being there, however much of it is removed and moved elsewhere meanwhile.
      for (const id of [...live.keys()].filter((_, at) => at % 10 === round)) {
        index.remove(id);
        live.delete(id);
      }
      await index.rebuild();
      collectGarbage();
      t.strictSame(await Promise.all(found), right, `before compaction ${round}`);
      for (let turn = 0; turn < 20; turn++) await nextTurn();
    }
  });
}

import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import t from "tap";
import { SearchRequestSchema } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { hits, lowerBound } from "../recall/recall.ts";
import { compare } from "../vectors/answer.ts";
import { diversify } from "./diversify.ts";
import { type Cursor, cutPage, DEEPEST, FIRST_PAGE, reachOf, readCursor, writeCursor } from "./page.ts";

const id = fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 });
const score = fc.float({ min: -1, max: 1, noNaN: true });
const list = fc
  .uniqueArray(fc.record({ itemId: id, score }), { selector: (one) => one.itemId, maxLength: 60 })
  .map((neighbours) => neighbours.sort(compare));
const requestOf = (queries: number) =>
  create(SearchRequestSchema, { k: 3, queries: Array.from({ length: queries }, () => ({ index: "a" })) });

t.test("the pages of lists are together the lists, through tokens, whatever their size", async () => {
  fc.assert(
    fc.property(fc.array(list, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 20 }), (lists, k) => {
      const request = requestOf(lists.length);
      const seen = lists.map((): unknown[] => []);
      for (let cursor: Cursor | undefined = FIRST_PAGE; cursor; ) {
        const looked = lists.map((one) => one.slice(0, reachOf(cursor!, k)));
        const { pages, next } = cutPage(looked, cursor, k, 7n);
        for (const [at, page] of pages.entries()) seen[at]!.push(...page);
        cursor = next && readCursor(writeCursor(next, request), request);
        if (next && cursor?.seq !== 7n) return false;
      }
      return JSON.stringify(seen) === JSON.stringify(lists);
    }),
  );
});

t.test("pages end at the deepest neighbour, also while better ones keep coming in", async (t) => {
  let cursor: Cursor | undefined = FIRST_PAGE;
  let asked = 0;
  for (let page = 0; cursor; page++) {
    const looked = reachOf(cursor, 100);
    t.ok(looked <= DEEPEST);
    const fresh = Array.from({ length: looked }, (_, at) => ({ itemId: `p${page}-${at}`, score: 1 + page }));
    cursor = cutPage([fresh], cursor, 100, 0n).next;
    asked++;
  }
  t.equal(asked, 10);
});

t.test("a token of another search means nothing, nor does another text", async (t) => {
  const request = requestOf(1);
  const token = writeCursor({ seq: 3n, depth: 3, last: [{ itemId: "x", score: 0.5 }] }, request);
  t.same(readCursor(token, { ...request, k: 50 }), { seq: 3n, depth: 3, last: [{ itemId: "x", score: 0.5 }] });
  t.equal(readCursor(token, { ...request, exact: true }), undefined);
  t.equal(readCursor(token, requestOf(2)), undefined);
  t.equal(readCursor("rubbish", request), undefined);
});

t.test("diversity: lambda 1 keeps the order, lambda 0 takes what is farthest from the chosen", async (t) => {
  const at = (itemId: string, degrees: number) => {
    const angle = (degrees * Math.PI) / 180;
    return { itemId, score: Math.cos(angle), vector: Float32Array.of(Math.cos(angle), Math.sin(angle)) };
  };
  const pool = [at("a", 0), at("b", 1), at("c", 2), at("d", 80)];
  const choose = async (lambda: number, k = 2) =>
    (await diversify(pool, { lambda, k, metric: "cosine", nowMs: () => 0 })).map(({ itemId }) => itemId);
  t.same(await choose(1, 4), ["a", "b", "c", "d"]);
  t.same(await choose(0), ["a", "d"]);
  t.same(await choose(0.9), ["a", "b"]);
  t.same(await choose(0.5, 9), ["a", "d", "c", "b"]);
});

t.test("a long choice gives way, and ends when its caller has gone", async (t) => {
  let ms = 0;
  const vector = Float32Array.of(1);
  const pool = Array.from({ length: 50 }, (_, n) => ({ itemId: `i${n}`, score: 1, vector }));
  const gone = new AbortController();
  const reason = new Error("the caller hung up");
  setImmediate(() => gone.abort(reason));
  const nowMs = () => (ms += 10);
  await t.rejects(diversify(pool, { lambda: 1, k: 50, metric: "cosine", nowMs, signal: gone.signal }), reason);
});

t.test("recall counts a tie as found; its lower bound lies below it and closes in", async (t) => {
  const exact = [
    { itemId: "a", score: 1 },
    { itemId: "b", score: 0.5 },
  ];
  t.equal(hits(exact, exact), 2);
  t.equal(hits([exact[0]!, { itemId: "c", score: 0.5 }], exact), 2);
  t.equal(hits([exact[0]!, { itemId: "c", score: 0.4 }], exact), 1);
  t.equal(hits([], []), 0);
  t.equal(lowerBound(0, 0), 0);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(100), (of, percent) => {
      const found = Math.floor((of * percent) / 100);
      const low = lowerBound(found, of);
      return low >= 0 && low <= found / of && lowerBound(found * 100, of * 100) >= low;
    }),
  );
});

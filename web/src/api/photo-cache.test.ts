import t from "tap";
import { BATCH, createPhotoCache } from "./photo-cache.ts";

/** A cache whose batches and flushes a test runs itself. */
function setUp(spare?: number) {
  const batches: { ids: string[]; answer: (blobs: Map<string, Blob>) => void; fail: (error: Error) => void }[] = [];
  const live = new Set<string>();
  let flush = () => {};
  let urls = 0;
  const cache = createPhotoCache({
    fetchBatch: (ids) => new Promise((answer, fail) => batches.push({ ids, answer, fail })),
    schedule: (run) => {
      flush = run;
    },
    createUrl: () => {
      const url = `blob:${++urls}`;
      live.add(url);
      return url;
    },
    revokeUrl: (url) => live.delete(url),
    ...(spare === undefined ? {} : { spare }),
  });
  return { cache, batches, live, flush: () => flush() };
}

const blobsOf = (ids: string[]) => new Map(ids.map((id) => [id, new Blob([id])]));
/** Watches, and resolves when the next news of this picture come. */
const news = (cache: ReturnType<typeof setUp>["cache"], id: string) =>
  new Promise<() => void>((resolve) => {
    const stop = cache.watch(id, () => {
      if (cache.get(id).kind !== "loading") resolve(stop);
    });
  });

t.test("ids asked for before the flush travel in one call, each once", async (t) => {
  const { cache, batches, flush } = setUp();
  const all = ["a", "b", "a"].map((id) => news(cache, id));
  t.equal(batches.length, 0);
  flush();
  t.same(
    batches.map(({ ids }) => ids),
    [["a", "b"]],
  );
  batches[0]!.answer(blobsOf(["a"]));
  await Promise.all(all);
  t.match(cache.get("a"), { kind: "ready", url: "blob:1" });
  t.match(cache.get("b"), { kind: "missing" });
});

t.test("more than a call may carry is split", async (t) => {
  const { cache, batches, flush } = setUp();
  for (let i = 0; i < BATCH + 1; i++) cache.watch(`g${i}`, () => {});
  flush();
  t.same(
    batches.map(({ ids }) => ids.length),
    [BATCH, 1],
  );
});

t.test("URLs that nobody shows are revoked, the longest unused first; shown ones never", async (t) => {
  const { cache, batches, live, flush } = setUp(1);
  const waiting = ["a", "b", "c"].map((id) => news(cache, id));
  flush();
  batches[0]!.answer(blobsOf(["a", "b", "c"]));
  const stops = await Promise.all(waiting);
  t.same([...live], ["blob:1", "blob:2", "blob:3"]);
  stops[0]!();
  t.ok(live.has("blob:1"), "one may be spare");
  stops[2]!();
  t.same([...live], ["blob:2", "blob:3"], "the older spare one went");
  t.equal(cache.get("a").kind, "loading", "it would be asked for again");
});

t.test("a failed call is told of and asked again", async (t) => {
  const { cache, batches, flush } = setUp();
  const first = news(cache, "a");
  flush();
  batches[0]!.fail(new Error("away"));
  await first;
  t.equal(cache.get("a").kind, "failed");
  cache.retryFailed();
  t.equal(cache.get("a").kind, "loading");
  flush();
  const second = news(cache, "a");
  batches[1]!.answer(blobsOf(["a"]));
  await second;
  t.equal(cache.get("a").kind, "ready");
});

t.test("a picture put in while its call is under way stays", async (t) => {
  const { cache, batches, flush } = setUp();
  const first = news(cache, "a");
  const second = news(cache, "b");
  flush();
  cache.put("a", new Blob(["own"]));
  await first;
  t.match(cache.get("a"), { kind: "ready", url: "blob:1" });
  batches[0]!.answer(blobsOf(["a", "b"]));
  await second;
  t.match(cache.get("a"), { kind: "ready", url: "blob:1" });
});

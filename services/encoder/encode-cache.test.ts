import { Registry } from "prom-client";
import t from "tap";
import { startValkey } from "../../test/support/valkey.ts";
import { connectCache } from "../kit/cache.ts";
import { createLogger } from "../kit/log.ts";
import { CACHE_EPOCH_KEY } from "./config.ts";
import { cacheKey, EncodeCache, partialAnswer } from "./encode-cache.ts";
import { createEncoderMetrics } from "./metrics.ts";
import { createTestEncoder, loadDefaultModels, MemoryCache } from "./testing.ts";

const clip = { name: "clip", revision: "1" };
const red = partialAnswer({ caption: "red" });

function cacheOver(bytes = new MemoryCache()) {
  const registry = new Registry();
  const cache = new EncodeCache({ bytes, ttlSeconds: 60, metrics: createEncoderMetrics(registry) });
  const found = async () => (await cache.lookUp("caption", "d", [clip])).answers[0]?.caption;
  const keep = async (answer = red) => (await cache.lookUp("caption", "d", [clip])).keep(clip, answer);
  return { bytes, registry, cache, found, keep };
}

t.test("what is kept is found again, for this revision alone", async (t) => {
  const { cache, found, keep } = cacheOver();
  t.equal(await found(), undefined);
  await keep();
  t.equal(await found(), "red");
  const other = await cache.lookUp("caption", "d", [{ name: "clip", revision: "2" }, clip]);
  t.same(
    other.answers.map((answer) => answer?.caption),
    [undefined, "red"],
  );
});

t.test("a new epoch clears everything, and what was computed before it does not come in after it", async (t) => {
  const { bytes, cache, found, keep } = cacheOver();
  await keep();
  const before = await cache.lookUp("caption", "e", [clip]);
  bytes.kept.set(CACHE_EPOCH_KEY, Buffer.from("2025-01-01"));
  t.equal(await found(), undefined);
  await before.keep(clip, red);
  t.equal((await cache.lookUp("caption", "e", [clip])).answers[0], undefined, "it was looked for in the old epoch");
  await keep();
  t.equal(await found(), "red");
  bytes.kept.delete(CACHE_EPOCH_KEY);
  t.equal(await found(), undefined, "an epoch that is lost is another one");
  bytes.kept.set(CACHE_EPOCH_KEY, Buffer.alloc(10_000, 7));
  await keep();
  t.equal(await found(), "red", "the epoch may be anything");
});

t.test("what is no answer is a miss; what is too large is not kept", async (t) => {
  const { bytes, found, keep } = cacheOver();
  const key = cacheKey("caption", "d", clip);
  for (const bad of [[], [0, 255, 255], [3, 1], [200]]) {
    bytes.kept.set(key, Uint8Array.from(bad));
    t.equal(await found(), undefined, `${bad}`);
  }
  bytes.kept.delete(key);
  await keep(partialAnswer({ caption: "x".repeat(70_000) }));
  t.notOk(bytes.kept.has(key));
});

t.test("hits and misses are counted, and their ratio", async (t) => {
  const { registry, found, keep } = cacheOver();
  await keep();
  await found();
  await found();
  t.match(await registry.metrics(), /encoder_cache_lookups_total\{kind="caption",outcome="hit"\} 2/);
  t.match(await registry.metrics(), /encoder_cache_hit_ratio\{kind="caption"\} 0\.6666/);
});

t.test("Valkey is killed in the middle: no call fails, and it caches again when it is back", async (t) => {
  const valkey = await startValkey();
  t.teardown(() => valkey.stop());
  const releases: (() => void)[] = [];
  const log = createLogger({ service: "test", level: "silent" });
  const owner = { log, metrics: new Registry(), onStop: (release: () => void) => releases.push(release) };
  const bytes = connectCache(valkey.url, owner);
  t.teardown(() => {
    for (const release of releases) release();
  });
  const models = await loadDefaultModels();
  t.teardown(() => models.close());
  const { encoder, registry } = createTestEncoder(bytes);
  const call = { signal: new AbortController().signal };
  const encode = async (i: number) =>
    (await encoder.encodeText(`hat ${i % 7}`, models.loaded, call)).filter(Boolean).length;
  const hits = async () =>
    Number(/lookups_total\{kind="text",outcome="hit"\} (\d+)/.exec(await registry.metrics())?.[1] ?? 0);
  const untilHit = async () => {
    for (const before = await hits(); (await hits()) === before; ) t.equal(await encode(0), 3);
  };
  await untilHit();
  const calls: Promise<number>[] = [];
  for (let i = 0; i < 60; i++) {
    if (i === 30) await valkey.kill9();
    calls.push(encode(i));
  }
  t.same(new Set(await Promise.all(calls)), new Set([3]));
  await valkey.restart();
  await untilHit();
});

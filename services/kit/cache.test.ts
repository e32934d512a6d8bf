import { Registry } from "prom-client";
import t from "tap";
import { startValkey } from "../../test/support/valkey.ts";
import { type Cache, connectCache } from "./cache.ts";
import { createLogger } from "./log.ts";

const text = (value: Uint8Array | undefined) => value && Buffer.from(value).toString();

/** Ask until the cache answers as expected: it connects in the background. */
async function until(cache: Cache, key: string, expected: string | undefined): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    await cache.set(key, Buffer.from(expected ?? ""), 60);
    const [value] = await cache.get([key]);
    if (text(value) === expected) return;
    if (Date.now() > deadline) throw new Error(`expected ${expected}, got ${text(value)} for 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

t.test("bytes come back as they were; an absent cache is a miss, and it comes back by itself", async (t) => {
  const valkey = await startValkey();
  t.teardown(() => valkey.stop());
  const metrics = new Registry();
  const releases: (() => void)[] = [];
  const log = createLogger({ service: "test", level: "silent" });
  const cache = connectCache(valkey.url, { log, metrics, onStop: (release) => releases.push(release) });
  t.teardown(() => {
    for (const release of releases) release();
  });

  await until(cache, "a", "apple");
  await cache.set("raw", Uint8Array.of(0, 255, 10, 13), 60);
  const [missing, raw, apple] = await cache.get(["missing", "raw", "a"]);
  t.equal(missing, undefined);
  t.same([...raw!], [0, 255, 10, 13]);
  t.equal(text(apple), "apple");

  await valkey.kill9();
  const started = performance.now();
  t.same(await cache.get(["a", "b"]), [undefined, undefined]);
  await cache.set("a", Uint8Array.of(1), 60);
  t.ok(performance.now() - started < 1000, "nothing waits for it");
  t.match(await metrics.metrics(), /outcome="away"/);

  await valkey.restart();
  await until(cache, "a", "avocado");
});

t.test("no timer outlives a command", async (t) => {
  const valkey = await startValkey();
  t.teardown(() => valkey.stop());
  const releases: (() => void)[] = [];
  const log = createLogger({ service: "test", level: "silent" });
  const cache = connectCache(valkey.url, {
    log,
    metrics: new Registry(),
    onStop: (release) => releases.push(release),
  });
  t.teardown(() => {
    for (const release of releases) release();
  });
  await until(cache, "a", "apple");
  const made = t.capture(AbortSignal, "timeout", AbortSignal.timeout);
  await cache.set("b", Uint8Array.of(1), 60);
  t.equal(text((await cache.get(["a"]))[0]), "apple");
  t.equal(made().length, 0);
});

t.test("without an address nothing is cached", async (t) => {
  const log = createLogger({ service: "test", level: "silent" });
  const cache = connectCache(undefined, { log, metrics: new Registry(), onStop: () => {} });
  await cache.set("a", Uint8Array.of(1), 60);
  t.same(await cache.get(["a"]), [undefined]);
});

t.test("a cache that hangs costs no call more than its timeout", async (t) => {
  const valkey = await startValkey();
  t.teardown(() => valkey.stop());
  const releases: (() => void)[] = [];
  const log = createLogger({ service: "test", level: "silent" });
  const owner = { log, metrics: new Registry(), onStop: (release: () => void) => releases.push(release) };
  const cache = connectCache(valkey.url, owner);
  t.teardown(() => {
    for (const release of releases) release();
  });
  await until(cache, "a", "apple");
  valkey.pause();
  const began = performance.now();
  t.same(await cache.get(["a"]), [undefined]);
  t.ok(performance.now() - began < 500, "50 ms, and what a busy machine adds");
  valkey.resume();
  await until(cache, "a", "apricot");
});

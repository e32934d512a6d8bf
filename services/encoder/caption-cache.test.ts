import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { Registry } from "prom-client";
import t, { type Test } from "tap";
import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { drawnPhoto } from "../../test/support/drawn-photo.ts";
import { startValkey } from "../../test/support/valkey.ts";
import { connectCache } from "../kit/cache.ts";
import { createLogger } from "../kit/log.ts";
import { contextInterceptor } from "../kit/server-interceptors.ts";
import { QueueFullError } from "./batching/refusals.ts";
import { CaptionLog } from "./caption-log.ts";
import type { ByteCache } from "./encode-cache.ts";
import { createEncoderService } from "./service.ts";
import { createTestEncoder, MemoryCache, watchedModels } from "./testing.ts";

const photo = await drawnPhoto();
const other = await drawnPhoto(320, "#1f3a93");

async function captioner(t: Test, bytes: ByteCache = new MemoryCache()) {
  const watched = await watchedModels();
  t.teardown(() => watched.models.close());
  const { encoder, registry } = createTestEncoder(bytes);
  const service = createEncoderService({ models: watched.models, encoder, streamParallel: 4 });
  const transport = createRouterTransport((router) => router.service(EncoderService, service), {
    router: { interceptors: [contextInterceptor({ defaultTimeoutMs: 30_000 })] },
  });
  const client = createClient(EncoderService, transport);
  const begun = watched.runs.length;
  const runs = (graph: string) => watched.runs.slice(begun).filter((run) => run.graph === graph).length;
  const lookups = async (outcome: string) => {
    const line = new RegExp(`lookups_total\\{kind="caption",outcome="${outcome}"\\} (\\d+)`);
    return Number(line.exec(await registry.metrics())?.[1] ?? 0);
  };
  return { ...watched, client, registry, runs, lookups };
}

const all = async <T>(source: AsyncIterable<T>) => {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
};
const refusal = (call: Promise<unknown>) => call.then(() => new Error("expected a refusal"), ConnectError.from);

t.test("a hit gives the same events and computes nothing; Encode shares it", async (t) => {
  const { client, runs, lookups, registry } = await captioner(t);
  const first = await all(client.caption({ photo }));
  t.ok(first.length > 2 && first.at(-1)?.event.case === "sentence");
  const computed = [runs("vision"), runs("decoder")];
  t.same(await all(client.caption({ photo, beamWidth: 1, maxTokens: 500 })), first, "options that mean the same");
  t.same(await all(client.caption({ photo, model: "blip", lengthPenalty: 1 })), first);
  t.same([runs("vision"), runs("decoder")], computed);
  t.same([await lookups("miss"), await lookups("hit")], [1, 2]);
  t.match(await registry.metrics(), /photo_uploads_total\{outcome="cached"\} 2/);
  const sentence = first.at(-1)?.event;
  const { caption } = await client.encode({ input: { case: "photo", value: photo }, models: ["clip"], caption: true });
  t.equal(caption, sentence?.case === "sentence" && sentence.value.caption);
  t.equal(runs("decoder"), computed[1]);
});

t.test("other options, and another photo, are another caption", async (t) => {
  const { client, lookups } = await captioner(t);
  await all(client.caption({ photo }));
  const short = await all(client.caption({ photo, maxTokens: 2 }));
  t.match(short.at(-1)?.event, { case: "sentence", value: { tokens: 2, cut: true } });
  await all(client.caption({ photo, beamWidth: 3 }));
  await all(client.caption({ photo, beamWidth: 3, lengthPenalty: 0 }));
  await all(client.caption({ photo: other }));
  t.same([await lookups("miss"), await lookups("hit")], [5, 0]);
});

t.test("what is no caption is a miss", async (t) => {
  const bytes = new MemoryCache();
  const { client } = await captioner(t, bytes);
  const first = await all(client.caption({ photo }));
  const [entry] = bytes.kept;
  const [key = "", value = new Uint8Array()] = entry ?? [];
  t.match(key, /:caption:blip:1:[0-9a-f]{64}:\d+:1:1$/);
  // Nothing, no epoch, cut off, a token too few, a sentence too many.
  const spoilt = [
    [],
    [0],
    value.subarray(0, -3),
    [0, ...value.subarray(value[1] ?? 0)],
    [...value, ...value.subarray(1)],
  ];
  for (const each of spoilt) {
    bytes.kept.set(key, Uint8Array.from(each));
    t.same(await all(client.caption({ photo })), first);
    t.same(bytes.kept.get(key), value, "written and kept anew");
  }
});

t.test("one that is being written is joined: what is certain at once, the rest as it comes", async (t) => {
  const { client, runs, hold, release, registry } = await captioner(t);
  const leaver = new AbortController();
  const first = client.caption({ photo }, { signal: leaver.signal })[Symbol.asyncIterator]();
  const token = await first.next();
  hold();
  const joined = client.caption({ photo })[Symbol.asyncIterator]();
  t.same(await joined.next(), token, "before the caption is written");
  const left = (async () => {
    for (let step = await first.next(); !step.done; step = await first.next());
  })();
  leaver.abort();
  t.match(await refusal(left), { code: Code.Canceled });
  release();
  const rest = await all({ [Symbol.asyncIterator]: () => joined });
  t.equal(rest.at(-1)?.event.case, "sentence", "one who leaves does not end it for the others");
  t.equal(runs("vision"), 1);
  t.same(await all(client.caption({ photo })), [token.value, ...rest]);
  t.match(await registry.metrics(), /encoder_cache_shared_total\{kind="caption"\} 1/);
});

t.test("who joined one that had to give up has it written anew", async (t) => {
  const { client, refuse, runs } = await captioner(t);
  refuse(1, () => new QueueFullError(9, 9, 40));
  const results = await Promise.allSettled([1, 2, 3].map(() => all(client.caption({ photo }))));
  const refused = results.filter(({ status }) => status === "rejected");
  t.equal(refused.length, 1, "the one whose place in the queue it was");
  for (const result of results) if (result.status === "fulfilled") t.equal(result.value.at(-1)?.event.case, "sentence");
  t.equal(runs("vision"), 2);
});

t.test("Valkey is killed in the middle: captions are written, and kept again when it is back", async (t) => {
  const valkey = await startValkey();
  t.teardown(() => valkey.stop());
  const releases: (() => void)[] = [];
  const log = createLogger({ service: "test", level: "silent" });
  const owner = { log, metrics: new Registry(), onStop: (release: () => void) => releases.push(release) };
  const bytes = connectCache(valkey.url, owner);
  t.teardown(() => {
    for (const release of releases) release();
  });
  const { client, lookups } = await captioner(t, bytes);
  const caption = async () => (await all(client.caption({ photo }))).at(-1)?.event.case;
  const untilHit = async () => {
    for (const before = await lookups("hit"); (await lookups("hit")) === before; ) t.equal(await caption(), "sentence");
  };
  await untilHit();
  const calls = [1, 2, 3].map(caption);
  await valkey.kill9();
  calls.push(caption(), caption());
  t.same(new Set(await Promise.all(calls)), new Set(["sentence"]));
  await valkey.restart();
  await untilHit();
});

t.test("a log tells of each step, and of a new beginning", async (t) => {
  const log = new CaptionLog();
  const step = { id: 1, logProbability: -1, soFar: "a" };
  const { news } = log;
  log.push(step);
  await news;
  t.same(log.steps, [step]);
  const later = log.news;
  log.begin();
  await later;
  t.same(log.steps, []);
});

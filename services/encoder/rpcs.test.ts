import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import t from "tap";
import {
  type EncodeRequestSchema,
  EncoderService,
  EncodeStreamRequestSchema,
} from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { drawnPhoto } from "../../test/support/drawn-photo.ts";
import { contextInterceptor } from "../kit/server-interceptors.ts";
import { validationInterceptor } from "../kit/validation.ts";
import { floatsFromBytes } from "../kit/vector.ts";
import { QueueFullError } from "./batching/refusals.ts";
import { createEncoderService } from "./service.ts";
import { createTestEncoder, loadDefaultModels, MemoryCache, watchedModels } from "./testing.ts";

const plain = await loadDefaultModels();
t.teardown(() => plain.close());
const photo = await drawnPhoto();
const input = { case: "photo", value: photo } as const;
const junk = new TextEncoder().encode("hello");

type Options = Partial<Parameters<typeof createEncoderService>[0]>;

function localClient(options: Options = {}) {
  const { encoder, registry, failures } = createTestEncoder(new MemoryCache());
  const service = createEncoderService({ models: plain, encoder, streamParallel: 4, ...options });
  const transport = createRouterTransport((router) => router.service(EncoderService, service), {
    router: { interceptors: [contextInterceptor({ defaultTimeoutMs: 30_000 }), validationInterceptor] },
  });
  return { client: createClient(EncoderService, transport), encoder, registry, failures };
}

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => {
      throw new Error("expected a refusal, got an answer");
    },
    (error: unknown) => ConnectError.from(error),
  );
const all = async <T>(source: AsyncIterable<T>) => {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
};
const keyed = (key: string, request: MessageInitShape<typeof EncodeRequestSchema> | undefined) =>
  create(EncodeStreamRequestSchema, { key, request });
async function* sent<T>(...items: T[]) {
  yield* items;
}

t.test("a photo and a sentence in one call: the vectors of each, the same as apart", async (t) => {
  const { client } = localClient();
  const both = await client.encode({ input, alsoText: "a red shirt", models: ["fashion", "clip"] });
  const apart = await Promise.all([
    client.encode({ input, models: ["fashion", "clip"] }),
    client.encode({ input: { case: "text", value: "a red shirt" }, models: ["fashion", "clip"] }),
  ]);
  t.same(both.embeddings, apart[0].embeddings);
  t.same(both.textEmbeddings, apart[1].embeddings);
  t.same(both.categories, apart[0].categories);
  t.same([apart[0].textEmbeddings, apart[1].textEmbeddings], [[], []]);
});

t.test("wrong input is refused by every RPC, with what to do", async (t) => {
  const { client } = localClient();
  const cases: [string, () => Promise<unknown>, Code, RegExp][] = [
    [
      "text beside text",
      () => client.encode({ input: { case: "text", value: "a" }, alsoText: "b" }),
      Code.InvalidArgument,
      /also_text goes with a photo/,
    ],
    ["also_text without input", () => client.encode({ alsoText: "b" }), Code.InvalidArgument, /input/],
    [
      "also_text too long",
      () => client.encode({ input, alsoText: "b".repeat(1001) }),
      Code.InvalidArgument,
      /also_text/,
    ],
    ["a priority that is none", () => client.encode({ input, priority: 9 as never }), Code.InvalidArgument, /priority/],
    ["classify no photo", () => client.classify({}), Code.InvalidArgument, /photo/],
    ["classify what is no photo", () => client.classify({ photo: junk }), Code.InvalidArgument, /is not an image/],
    [
      "classify with an unknown model",
      () => client.classify({ photo, model: "clap" }),
      Code.NotFound,
      /"clap".*blip, clip, fashion/,
    ],
    [
      "classify with a model that does not",
      () => client.classify({ photo, model: "clip" }),
      Code.FailedPrecondition,
      /clip is no model that classifies; those are: fashion/,
    ],
    ["classify with too large a top_k", () => client.classify({ photo, topK: 1001 }), Code.InvalidArgument, /top_k/],
    ["caption no photo", () => all(client.caption({})), Code.InvalidArgument, /photo/],
    ["caption what is no photo", () => all(client.caption({ photo: junk })), Code.InvalidArgument, /is not an image/],
    [
      "caption half a photo",
      () => all(client.caption({ photo: photo.subarray(0, photo.length / 2) })),
      Code.InvalidArgument,
      /truncated or damaged/,
    ],
    ["caption with an unknown model", () => all(client.caption({ photo, model: "clap" })), Code.NotFound, /"clap"/],
    [
      "caption with a model that does not",
      () => all(client.caption({ photo, model: "clip" })),
      Code.FailedPrecondition,
      /those are: blip/,
    ],
    ["nine beams", () => all(client.caption({ photo, beamWidth: 9 })), Code.InvalidArgument, /beam_width/],
    ["too many tokens", () => all(client.caption({ photo, maxTokens: 513 })), Code.InvalidArgument, /max_tokens/],
    [
      "a length penalty below 0",
      () => all(client.caption({ photo, lengthPenalty: -1 })),
      Code.InvalidArgument,
      /length_penalty/,
    ],
    [
      "a length penalty that is no number",
      () => all(client.caption({ photo, lengthPenalty: Number.NaN })),
      Code.InvalidArgument,
      /length_penalty/,
    ],
    [
      "a stream key too long",
      () => all(client.encodeStream(sent(keyed("k".repeat(1025), {})))),
      Code.InvalidArgument,
      /key/,
    ],
  ];
  for (const [what, call, code, says] of cases) t.match(await refusal(call()), { code, rawMessage: says }, what);
});

t.test("Classify gives the best categories and colours, as many as asked for", async (t) => {
  const { client } = localClient();
  const whole = await client.classify({ photo });
  t.same([whole.model, whole.revision], ["fashion", "1"]);
  const sum = whole.categories.reduce((total, { probability }) => total + probability, 0);
  t.ok(whole.categories.length > 3 && Math.abs(sum - 1) < 1e-4, "all of them");
  const best = await client.classify({ photo, topK: 2, model: "fashion" });
  t.same(best.categories, whole.categories.slice(0, 2));
  t.same(best.colours, whole.colours.slice(0, 2));
});

t.test("Caption sends each token, then the sentence; greedy and beams; no longer than asked for", async (t) => {
  const { client, registry } = localClient();
  for (const beamWidth of [0, 1, 3]) {
    const events = await all(client.caption({ photo, beamWidth }));
    const tokens = events.flatMap(({ event }) => (event.case === "token" ? event.value : []));
    const last = events.at(-1)?.event;
    if (last?.case !== "sentence") return t.fail("expected a sentence at the end");
    t.equal(tokens.length, events.length - 1);
    t.equal(tokens.at(-1)?.soFar, last.value.caption);
    t.match(last.value, { tokens: tokens.length, model: "blip", revision: "1", cut: false });
    t.match(last.value.caption, /^[a-z][a-z -]+$/);
    t.ok(last.value.score <= 0 && tokens.every(({ logProbability }) => logProbability <= 0));
  }
  const short = await all(client.caption({ photo, maxTokens: 2 }));
  t.match(short.at(-1)?.event, { case: "sentence", value: { tokens: 2, cut: true } });
  t.equal(short.length, 3);
  const text = await registry.metrics();
  t.match(text, /captioner_tokens_total\{model_name="blip"\} [1-9]/);
  t.match(text, /captioner_seconds_count\{model_name="blip",search="beam"\} 1/);
});

t.test("a caption nobody waits for any more is not written on", async (t) => {
  const { models, runs, hold, release } = await watchedModels();
  t.teardown(() => models.close());
  const { client, failures } = localClient({ models });
  const caller = new AbortController();
  const begun = runs.length;
  const steps = () => runs.slice(begun).filter(({ graph }) => graph === "decoder");
  const events = client.caption({ photo }, { signal: caller.signal })[Symbol.asyncIterator]();
  t.match(await events.next(), { value: { event: { case: "token" } } });
  hold();
  const rest = (async () => {
    for (let step = await events.next(); !step.done; step = await events.next());
  })();
  while (steps().length < 2) await new Promise((resolve) => setImmediate(resolve));
  const count = steps().length;
  caller.abort();
  t.equal((await refusal(rest)).code, Code.Canceled);
  t.ok(steps().at(-1)?.call?.signal?.aborted, "who computes is told");
  release();
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  t.equal(steps().length, count);
  t.same(failures, []);
});

t.test("EncodeStream answers in order, and what is bad ends only itself", async (t) => {
  const { client } = localClient();
  const text = (value: string) => ({ input: { case: "text", value } as const });
  const answers = await all(
    client.encodeStream(
      sent(
        keyed("photo", { input, models: ["clip"] }),
        keyed("junk", { input: { case: "photo", value: junk } }),
        keyed("nothing", undefined),
        keyed("empty", {}),
        keyed("unknown", { ...text("hat"), models: ["clap"] }),
        keyed("text", text("hat")),
      ),
    ),
  );
  t.same(
    answers.map(({ key, result }) => [key, result.case === "refused" ? result.value.code : result.case]),
    [
      ["photo", "encoded"],
      ["junk", "invalid_argument"],
      ["nothing", "invalid_argument"],
      ["empty", "invalid_argument"],
      ["unknown", "not_found"],
      ["text", "encoded"],
    ],
  );
  t.match(answers[1]?.result.value, { message: /photo.*is not an image/ });
  t.match(answers[3]?.result.value, { message: /request\.input/ });
});

t.test("EncodeStream reads on as it gets done: no more than its share is under way", async (t) => {
  const { models, runs, hold, release } = await watchedModels();
  t.teardown(() => models.close());
  const { client } = localClient({ models, streamParallel: 3 });
  let read = 0;
  async function* endless() {
    for (let i = 0; i < 50; i++) {
      read++;
      yield keyed(String(i), { input: { case: "text", value: `hat ${i}` }, models: ["clip"] });
    }
  }
  const begun = runs.length;
  hold();
  const answers = client.encodeStream(endless())[Symbol.asyncIterator]();
  const first = answers.next();
  while (runs.length - begun < 3) await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  t.equal(runs.length - begun, 3, "three at a time");
  t.ok(read <= 3 + 2, `${read} read of 50`);
  t.ok(runs.slice(begun).every(({ call }) => call?.priority === "bulk"));
  release();
  t.equal((await first).value?.key, "0");
  let rest = 1;
  for (let step = await answers.next(); !step.done; step = await answers.next())
    t.equal(step.value.key, String(rest++));
  t.equal(rest, 50);
});

t.test("EncodeStream waits where others are refused", async (t) => {
  const { models, refuse } = await watchedModels();
  t.teardown(() => models.close());
  const waits: number[] = [];
  const sleep = async (ms: number) => void waits.push(ms);
  const { client, failures } = localClient({ models, sleep });
  refuse(3, () => new QueueFullError(9, 9, 40));
  const text = { input: { case: "text", value: "hat" } as const, models: ["clip"] };
  t.match(await refusal(client.encode(text)), { code: Code.ResourceExhausted });
  const answers = await all(client.encodeStream(sent(keyed("a", text))));
  t.equal(answers[0]?.result.case, "encoded");
  t.same(waits, [40, 40]);
  t.same(failures, [], "no model failed");
});

t.test("a stream that is cancelled computes nothing more", async (t) => {
  const { models, runs, hold, release } = await watchedModels();
  t.teardown(() => models.close());
  const { client } = localClient({ models, streamParallel: 2 });
  const caller = new AbortController();
  const begun = runs.length;
  hold();
  const texts = Array.from({ length: 9 }, (_, i) =>
    keyed(`${i}`, { input: { case: "text", value: `${i}` }, models: ["clip"] }),
  );
  const call = all(client.encodeStream(sent(...texts), { signal: caller.signal }));
  while (runs.length - begun < 2) await new Promise((resolve) => setImmediate(resolve));
  caller.abort();
  t.equal((await refusal(call)).code, Code.Canceled);
  t.ok(
    runs.slice(begun).every(({ call }) => call?.signal?.aborted),
    "who computes is told",
  );
  release();
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  t.equal(runs.length - begun, 2);
});

t.test(
  "equal calls at the same time are computed once, and one who leaves does not end it for the others",
  async (t) => {
    const { models, runs, hold, release } = await watchedModels();
    t.teardown(() => models.close());
    const { client, registry } = localClient({ models });
    const begun = runs.length;
    hold();
    const leaver = new AbortController();
    const left = refusal(client.encode({ input, models: ["clip"] }, { signal: leaver.signal }));
    const stay = [1, 2, 3].map(() => client.encode({ input, models: ["clip"] }));
    while (runs.length === begun) await new Promise((resolve) => setImmediate(resolve));
    leaver.abort();
    t.equal((await left).code, Code.Canceled);
    release();
    const vectors = (await Promise.all(stay)).map(({ embeddings }) =>
      floatsFromBytes(embeddings[0]?.vector ?? new Uint8Array()),
    );
    t.equal(vectors[0]?.length, 256);
    t.same(vectors[1], vectors[0]);
    t.equal(runs.length - begun, 1);
    t.match(await registry.metrics(), /encoder_cache_shared_total\{kind="photo"\} [23]/);
  },
);

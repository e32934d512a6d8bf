import { readFile } from "node:fs/promises";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import t from "tap";
import { Capability, EncoderService, ModelState } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { floatsFromBytes } from "../kit/vector.ts";
import { ModelSet } from "./model-set.ts";
import { createEncoderService } from "./service.ts";
import { createTestEncoder, loadDefaultModels, MemoryCache, validationPhotos, watchedModels } from "./testing.ts";

const models = await loadDefaultModels();
const photos = await validationPhotos(1_000);
const skip = photos ? false : "SKIPPED: no photographs; set FLASHFIT_PHOTOS to the clothing data set";

function localClient(set = models, cache = new MemoryCache()) {
  const { encoder, registry, failures } = createTestEncoder(cache);
  const service = createEncoderService({ models: set, encoder, streamParallel: 4 });
  const transport = createRouterTransport((router) => router.service(EncoderService, service));
  return { client: createClient(EncoderService, transport), registry, failures, cache };
}

const refusal = (call: Promise<unknown>) => call.then(() => t.fail("expected a refusal"), ConnectError.from);

const unit = (bytes: Uint8Array) => Math.hypot(...floatsFromBytes(bytes));

t.test("the default pack is three loaded models that say what they can do", async (t) => {
  const answer = await localClient().client.listModels({});
  t.same(
    answer.models.map(({ name, revision, dimensions, loaded }) => [name, revision, dimensions, loaded]),
    [
      ["blip", "1", 256, true],
      ["clip", "1", 256, true],
      ["fashion", "1", 256, true],
    ],
  );
  const both = [Capability.EMBED_PHOTO, Capability.EMBED_TEXT];
  t.same(
    answer.models.map(({ capabilities }) => capabilities),
    [[...both, Capability.CAPTION], both, [...both, Capability.CLASSIFY]],
  );
});

t.test("a text becomes one unit vector a model, in the order asked", async (t) => {
  const { client } = localClient();
  const input = { case: "text", value: "a black dress" } as const;
  const answer = await client.encode({ input, models: ["fashion", "clip"] });
  t.same(
    answer.embeddings.map(({ model }) => model),
    ["fashion", "clip"],
  );
  for (const { vector } of answer.embeddings) t.ok(Math.abs(unit(vector) - 1) < 1e-4);
  t.equal((await client.encode({ input })).embeddings.length, 3);
});

t.test("an unknown model is NOT_FOUND and the known ones are named", async (t) => {
  const failure = await refusal(
    localClient().client.encode({ input: { case: "text", value: "hat" }, models: ["clap"] }),
  );
  t.match(failure, { code: Code.NotFound, rawMessage: /"clap".*blip, clip, fashion/ });
});

t.test("a broken model is unavailable, and the call fails only if no other answers", async (t) => {
  const broken = { kind: "broken", name: "clip", revision: "1", reason: "gone" } as const;
  const set = new ModelSet(models.all.map((known) => (known.name === "clip" ? broken : known)));
  const { client } = localClient(set);
  const input = { case: "text", value: "hat" } as const;
  const answer = await client.encode({ input, models: ["clip", "blip"] });
  t.same([answer.unavailable, answer.embeddings.map(({ model }) => model)], [["clip"], ["blip"]]);
  t.match(await refusal(client.encode({ input, models: ["clip"] })), { code: Code.Unavailable, rawMessage: /clip/ });
  const listed = (await client.listModels({})).models.find(({ name }) => name === "clip");
  t.match(listed, { loaded: false, state: ModelState.BROKEN, reason: "gone" });
});

t.test("what is no photo is INVALID_ARGUMENT and says why", async (t) => {
  const { client, registry } = localClient();
  const value = new TextEncoder().encode("hello");
  t.match(await refusal(client.encode({ input: { case: "photo", value } })), {
    code: Code.InvalidArgument,
    message: /is not an image, expected a JPEG, PNG, WebP or AVIF file/,
  });
  t.match(await registry.metrics(), /photo_uploads_total\{outcome="not_an_image"\} 1/);
});

t.test("photographs are recognised about as well as the model card says", { skip }, async (t) => {
  const { client, registry, failures } = localClient();
  const words: Record<string, string> = { longsleeve: "long sleeve shirt", outwear: "jacket" };
  const categories = [...new Set(photos?.map(({ category }) => category))];
  const prompts = await Promise.all(
    categories.map((name) => client.encode({ input: { case: "text", value: `a photo of a ${words[name] ?? name}` } })),
  );
  let longest = 0;
  const right: Record<string, number> = { head: 0, clip: 0, blip: 0, fashion: 0 };
  for (const { category, file } of photos ?? []) {
    const value = await readFile(file);
    const answer = await client.encode({ input: { case: "photo", value } });
    if (answer.categories[0]?.name === category) right.head = (right.head ?? 0) + 1;
    for (const { model, vector } of answer.embeddings) {
      longest = Math.max(longest, Math.abs(unit(vector) - 1));
      const scores = prompts.map((prompt) => dot(vector, prompt.embeddings.find((e) => e.model === model)?.vector));
      if (categories[scores.indexOf(Math.max(...scores))] === category) right[model] = (right[model] ?? 0) + 1;
    }
  }
  t.ok(longest < 1e-4, `vectors are of unit length within ${longest}`);
  const total = photos?.length ?? 0;
  t.ok(total >= 60, `${total} photographs`);
  for (const [way, count] of Object.entries(right))
    t.ok(count / total >= 0.75, `${way}: ${(count / total).toFixed(3)} right`);
  t.same(failures, []);
  for (const stage of ["preprocess", "postprocess"]) {
    const pattern = `model_inference_duration_seconds_count{model_name="clip",model_version="1",stage="${stage}"}`;
    t.ok((await registry.metrics()).includes(pattern), pattern);
  }
});

t.test("captions name the garment, only when asked for", { skip }, async (t) => {
  const { client } = localClient();
  const shoes = (photos ?? []).filter(({ category }) => category === "shoes").slice(0, 10);
  let named = 0;
  for (const { file } of shoes) {
    const input = { case: "photo", value: await readFile(file) } as const;
    const { caption } = await client.encode({ input, models: ["clip"], caption: true });
    t.match(caption, /^[a-z][a-z -]+$/);
    if (/shoe|sneaker|boot|sandal|heel|trainer/.test(caption)) named++;
    t.equal((await client.encode({ input, models: ["clip"] })).caption, "");
  }
  t.ok(named >= shoes.length * 0.6, `${named} of ${shoes.length} captions name shoes`);
});

t.test("a second call is answered from the cache, the same", { skip }, async (t) => {
  const { client, registry, cache } = localClient();
  const input = { case: "photo", value: await readFile(photos?.[0]?.file ?? "") } as const;
  const first = await client.encode({ input, caption: true });
  t.equal(cache.kept.size, 4, "three embeddings and a caption");
  t.same(await client.encode({ input, caption: true }), first);
  t.match(await registry.metrics(), /encoder_cache_lookups_total\{kind="photo",outcome="hit"\} 3/);
  t.match(await registry.metrics(), /photo_uploads_total\{outcome="cached"\} 1/);
  for (const key of cache.kept.keys()) cache.kept.set(key, new Uint8Array([255, 255]));
  t.same(await client.encode({ input, caption: true }), first, "what is no answer counts as a miss");
});

t.test("a cancelled call stops before the models run", { skip }, async (t) => {
  const { models, runs } = await watchedModels();
  t.teardown(() => models.close());
  const { encoder } = createTestEncoder();
  const begun = runs.length;
  const reason = new Error("hung up");
  const call = encoder.encodePhoto(await readFile(photos?.[0]?.file ?? ""), models.loaded, undefined, {
    signal: AbortSignal.abort(reason),
  });
  await t.rejects(call, reason);
  t.equal(runs.length, begun);
});

function dot(a: Uint8Array, b: Uint8Array | undefined): number {
  const other = floatsFromBytes(b ?? new Uint8Array());
  return floatsFromBytes(a).reduce((sum, x, i) => sum + x * (other[i] ?? Number.NaN), 0);
}

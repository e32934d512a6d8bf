import { cp, mkdir, mkdtemp, rm, symlink, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import t, { type Test } from "tap";
import { EncoderService, ModelState } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { validationInterceptor } from "../kit/validation.ts";
import { openInProcess } from "./inference/in-process.ts";
import { openModels } from "./inference/open-models.ts";
import { createEncoderService } from "./service.ts";
import { createTestEncoder, MemoryCache, MODELS } from "./testing.ts";

/** An Encoder with `clip` in the versions 1 and 2, which are alike, and 3, whose file is cut off; 2 is active. */
async function localClient(t: Test) {
  const directory = await mkdtemp(join(tmpdir(), "flashfit-models-"));
  t.teardown(() => rm(directory, { recursive: true }));
  const pack = join(MODELS, "clip/1");
  await mkdir(join(directory, "clip"));
  for (const revision of ["1", "2"]) await symlink(pack, join(directory, "clip", revision));
  const activeFile = join(directory, "active.json");
  const models = await openModels({ directory, open: openInProcess, threads: 1, activeFile });
  t.teardown(() => models.close());
  const broken = join(directory, "clip/3");
  await cp(pack, broken, { recursive: true });
  await truncate(join(broken, "onnx/text_model.onnx"), 100_000);
  const { encoder } = createTestEncoder(new MemoryCache(), models);
  const service = createEncoderService({ models, encoder, streamParallel: 4 });
  const transport = createRouterTransport((router) => router.service(EncoderService, service), {
    router: { interceptors: [validationInterceptor] },
  });
  const client = createClient(EncoderService, transport);
  const text = (value: string) => client.encode({ input: { case: "text", value } });
  const states = async () =>
    Object.fromEntries((await client.listModels({})).models.map(({ revision, state }) => [revision, state]));
  return { client, models, text, states };
}

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => {
      throw new Error("expected a refusal, got an answer");
    },
    (error: unknown) => ConnectError.from(error),
  );

t.test("another version answers from then on; the same again changes nothing; back again", async (t) => {
  const { client, models, text, states } = await localClient(t);
  t.equal((await text("hat")).embeddings[0]?.revision, "2");
  const activated = await client.activateModel({ name: "clip", revision: "1" });
  t.match(activated, {
    previousRevision: "2",
    model: {
      name: "clip",
      revision: "1",
      state: ModelState.SERVING,
      loaded: true,
      dimensions: 256,
      variant: "fp32",
      executionProvider: "cpu",
    },
  });
  t.equal((await text("hat")).embeddings[0]?.revision, "1", "nor is the other's vector taken from the cache");
  await models.drained();
  t.match(await states(), { 1: ModelState.SERVING, 2: ModelState.STANDBY });
  t.match(await client.activateModel({ name: "clip", revision: "1" }), {
    previousRevision: "1",
    model: { revision: "1" },
  });
  t.match(await client.activateModel({ name: "clip", revision: "2" }), { previousRevision: "1" });
});

t.test("a version that does not prove itself is refused with the reason, and the one before goes on", async (t) => {
  const { client, text } = await localClient(t);
  t.match(await refusal(client.activateModel({ name: "clip", revision: "3" })), {
    code: Code.FailedPrecondition,
    rawMessage: /^clip\/3: .+/,
  });
  t.equal((await text("hat")).embeddings[0]?.revision, "2");
  const listed = (await client.listModels({})).models.find(({ revision }) => revision === "3");
  t.match(listed, { state: ModelState.BROKEN, loaded: false, reason: /^clip\/3: .+/, dimensions: 0 });
});

t.test("wrong names and shares are refused", async (t) => {
  const { client } = await localClient(t);
  const cases: [Parameters<typeof client.activateModel>[0], Code, RegExp][] = [
    [{ name: "clap", revision: "1" }, Code.NotFound, /"clap"; known are clip/],
    [{ name: "clip", revision: "9" }, Code.NotFound, /"9" of clip; known are 1, 2, 3/],
    [{ name: "", revision: "1" }, Code.InvalidArgument, /name/],
    [{ name: "clip" }, Code.InvalidArgument, /revision/],
    [{ name: "clip", revision: "1", canaryPercent: 101 }, Code.InvalidArgument, /canary_percent/],
    [{ name: "clip", revision: "2", canaryPercent: 5 }, Code.FailedPrecondition, /clip\/2 is active already/],
  ];
  for (const [request, code, says] of cases) {
    t.match(await refusal(client.activateModel(request)), { code, rawMessage: says }, JSON.stringify(request));
  }
});

t.test("a canary sees its share and answers nobody; activating what is active ends it", async (t) => {
  const { client, models, text, states } = await localClient(t);
  const started = await client.activateModel({ name: "clip", revision: "1", canaryPercent: 100 });
  t.match(started, {
    previousRevision: "2",
    model: { state: ModelState.CANARY, loaded: true, canary: { percent: 100, compared: 0n } },
  });
  for (let i = 0; i < 3; i++) t.equal((await text(`hat ${i}`)).embeddings[0]?.revision, "2");
  const canary = async () => (await client.listModels({})).models.find(({ revision }) => revision === "1")?.canary;
  while ((await canary())?.compared !== 3n);
  t.match(await canary(), { failed: 0n });
  t.ok(Math.abs(((await canary())?.meanCosine ?? 0) - 1) < 1e-6, "the same weights give the same vectors");
  t.ok(((await canary())?.relativeTime ?? 0) > 0);
  await client.activateModel({ name: "clip", revision: "2" });
  await models.drained();
  t.match(await states(), { 1: ModelState.STANDBY, 2: ModelState.SERVING });
});

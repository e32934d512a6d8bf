import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import t, { type Test } from "tap";
import { ensureTool } from "../../cli/tools/install.ts";
import { tools } from "../../cli/tools/table.ts";
import { EncoderService, ModelState } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { GRPCInferenceService } from "../../gen/inference/open_inference_grpc_pb.ts";
import { MODELS } from "../../services/encoder/repository/testing.ts";
import { floatsFromBytes } from "../../services/kit/vector.ts";
import { drawnPhoto } from "../support/drawn-photo.ts";
import { startServer } from "../support/server-process.ts";

const main = new URL("../../services/encoder/main.ts", import.meta.url);
const photo = await drawnPhoto();
const TEXTS = 60;

const runtimes = [
  { name: "node", command: process.execPath, flags: [], grpc: true },
  { name: "bun", command: await ensureTool(tools.bun, process.env), flags: ["run"], grpc: true },
  { name: "deno", command: await ensureTool(tools.deno, process.env), flags: ["run", "-A", "--quiet"], grpc: false },
];

/** What the first runtime answered: the others answer the same. */
let reference: { vector: Float32Array; caption: string; category: string } | undefined;

/** The pack, with a second version of clip that is like the first. */
async function repository(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "flashfit-runtimes-"));
  t.teardown(() => rm(directory, { recursive: true }));
  for (const name of ["blip", "fashion"]) await symlink(join(MODELS, name), join(directory, name));
  await mkdir(join(directory, "clip"));
  await symlink(join(MODELS, "clip/1"), join(directory, "clip/1"));
  await symlink(join(MODELS, "clip/1"), join(directory, "clip/2"));
  return directory;
}

async function encoder(
  t: Test,
  { command, flags }: { command: string; flags: string[] },
  settings: Record<string, string>,
) {
  const env = { ENCODER_PORT: "0", ENCODER_METRICS_PORT: "0", ...settings };
  const server = await startServer(main, { env, runtime: [command, ...flags] });
  t.teardown(() => server.end("SIGKILL"));
  return server;
}

for (const runtime of runtimes) {
  t.test(`the Encoder on ${runtime.name}`, async (t) => {
    const directory = await repository(t);
    await mkdir(join(directory, ".kept"));
    const activeFile = join(directory, ".kept/active.json");
    const settings = { MODEL_DIR: directory, ENCODER_ACTIVE_FILE: activeFile, ENCODER_FOLLOW_SECONDS: "1" };
    const { process: child, url } = await encoder(t, runtime, settings);
    const connect = createConnectTransport({ baseUrl: url, httpVersion: "2", defaultTimeoutMs: 60_000 });
    const transport = runtime.grpc ? createGrpcTransport({ baseUrl: url, defaultTimeoutMs: 60_000 }) : connect;
    const client = createClient(EncoderService, transport);

    const encoded = await client.encode({
      input: { case: "photo", value: photo },
      alsoText: "a red t-shirt",
      models: ["fashion", "clip"],
      caption: true,
    });
    t.same(encoded.unavailable, []);
    t.same(
      [encoded.embeddings, encoded.textEmbeddings].map((list) => list.map(({ model }) => model)),
      [
        ["fashion", "clip"],
        ["fashion", "clip"],
      ],
    );
    const vector = floatsFromBytes(encoded.embeddings[1]?.vector ?? new Uint8Array());

    const tokens: string[] = [];
    let sentence = "";
    for await (const { event } of client.caption({ photo })) {
      if (event.case === "token") tokens.push(event.value.soFar);
      if (event.case === "sentence") sentence = event.value.caption;
    }
    t.ok(sentence !== "" && tokens.at(-1) === sentence, sentence);
    t.equal(encoded.caption, sentence, "Encode writes the same");
    const { categories } = await client.classify({ photo, topK: 1 });
    const answer = { vector, caption: sentence, category: categories[0]?.name ?? "" };
    reference ??= answer;
    t.same([answer.caption, answer.category], [reference.caption, reference.category], "as on the first runtime");
    const known = reference.vector;
    t.ok(vector.reduce((sum, x, i) => sum + x * (known[i] ?? 0), 0) > 0.99999, "the vector as well");

    async function* texts() {
      for (let i = 0; i < TEXTS; i++) {
        const value = i === 7 ? "x".repeat(1001) : `hat ${i}`;
        yield { key: String(i), request: { input: { case: "text", value } as const, models: ["clip"] } };
      }
    }
    const stream: string[] = [];
    for await (const { key, result } of client.encodeStream(texts())) stream.push(`${key} ${result.case}`);
    t.same(
      stream,
      Array.from({ length: TEXTS }, (_, i) => `${i} ${i === 7 ? "refused" : "encoded"}`),
    );

    const inference = createClient(GRPCInferenceService, transport);
    t.ok((await inference.serverReady({})).ready);
    const infer = {
      modelName: "fashion/vision",
      inputs: [{ name: "pixel_values", datatype: "FP32", shape: [1n, 3n, 112n, 112n] }],
      rawInputContents: [new Uint8Array(new Float32Array(3 * 112 * 112).fill(0.25).buffer)],
    };
    t.ok((await inference.modelInfer(infer)).outputs.length > 0);

    await t.test("versions are activated while calls run, and a broken one is refused", async (t) => {
      let going = true;
      const failures: unknown[] = [];
      const revisions = new Set<string | undefined>();
      const calling = (async () => {
        for (let i = 0; going; i++) {
          const text = { input: { case: "text", value: `shoe ${i}` } as const, models: ["clip"] };
          await client.encode(text).then(
            ({ embeddings }) => revisions.add(embeddings[0]?.revision),
            (error) => failures.push(error),
          );
        }
      })();
      await cp(join(MODELS, "clip/1"), join(directory, "clip/3"), { recursive: true });
      await truncate(join(directory, "clip/3/onnx/vision_model.onnx"), 1_000_000);
      for (const revision of ["1", "2", "1", "2"]) {
        t.match(await client.activateModel({ name: "clip", revision }), { model: { revision, loaded: true } });
      }
      const refused = await client.activateModel({ name: "clip", revision: "3" }).catch(ConnectError.from);
      t.match(refused, { code: Code.FailedPrecondition, rawMessage: /clip\/3: .*no ONNX file.*copy it once more/ });
      going = false;
      await calling;
      t.same(failures, []);
      t.same([...revisions].sort(), ["1", "2"], "both answered, in their time");
      t.match(JSON.parse(await readFile(activeFile, "utf8")), { clip: { active: "2", previous: "1" } });
      const { models } = await client.listModels({});
      t.match(
        models.filter(({ name }) => name === "clip").map(({ revision, state }) => [revision, state]),
        [
          ["1", Number],
          ["2", ModelState.SERVING],
          ["3", ModelState.BROKEN],
        ],
      );
    });

    const exited = once(child, "exit");
    child.kill("SIGTERM");
    t.equal((await exited)[0], 0, "an orderly stop");
  });
}

t.test("an Encoder on node follows what is activated through another on bun", async (t) => {
  const directory = await repository(t);
  const kept = await mkdtemp(join(tmpdir(), "flashfit-activations-"));
  t.teardown(() => rm(kept, { recursive: true }));
  const activeFile = join(kept, "active.json");
  const settings = { MODEL_DIR: directory, ENCODER_ACTIVE_FILE: activeFile, ENCODER_FOLLOW_SECONDS: "1" };
  const [leader, follower] = await Promise.all(
    ["bun", "node"].map(async (name) => {
      const { url } = await encoder(t, runtimes.find((each) => each.name === name)!, settings);
      return createClient(EncoderService, createConnectTransport({ baseUrl: url, httpVersion: "2" }));
    }),
  );
  const revision = async () => {
    const { embeddings } = await follower!.encode({ input: { case: "text", value: "hat" }, models: ["clip"] });
    return embeddings[0]?.revision;
  };
  t.equal(await revision(), "2");
  await leader!.activateModel({ name: "clip", revision: "1" });
  while ((await revision()) !== "1");
  t.equal((await follower!.activateModel({ name: "clip", revision: "1" })).previousRevision, "1", "it serves there");
});

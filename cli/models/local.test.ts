import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { MODELS, tinyVision } from "../../services/encoder/repository/testing.ts";
import { models as command } from "./subcommands.ts";
import { runModels } from "./testing.ts";

type Tap = Pick<typeof t, "testdir">;

/** An empty folder of models, no mesh, and an export that has two variants of the photo side. */
async function setUp(t: Tap) {
  const root = t.testdir({ home: {}, models: {} });
  await cp(join(MODELS, "clip/1"), join(root, "export"), { recursive: true });
  const onnx = join(root, "export/onnx");
  await cp(join(onnx, "vision_model.onnx"), join(onnx, "vision_model_quantized.onnx"));
  await rm(join(root, "export/golden.json"));
  for (const idle of ["pytorch_model.bin", "model.onnx", "model.onnx_data", "onnx/decoder_with_past_model.onnx"]) {
    await writeFile(join(root, "export", idle), "not wanted");
  }
  const env = { MODEL_DIR: join(root, "models"), FLASHFIT_HOME: join(root, "home") };
  const models = (...args: string[]) => runModels(env, root, ...args);
  return { root, models, json: async (...args: string[]) => JSON.parse((await models(...args, "--json")).stdout) };
}

t.test("a folder is added as the next version, listed, verified, measured and removed", async (t) => {
  const { root, models, json } = await setUp(t);
  t.match(await models("list"), { code: 0, stdout: /no models; take one with/ });
  t.match(await json("add", "export", "--as", "mine"), { name: "mine", version: "1" });
  t.match(await models("add", "export", "--as", "mine"), { code: 0, stdout: /^mine 2: 7 files/ });
  const copied = (await readdir(join(root, "models/mine/2"), { recursive: true })).filter((name) => /model/.test(name));
  t.same(
    copied.sort(),
    ["text_model", "vision_model", "vision_model_quantized"].map((stem) => `onnx/${stem}.onnx`),
  );
  t.match(await json("list"), [
    { name: "mine", version: "1", state: "on disk", variants: ["fp32", "int8"], dimensions: 256 },
    { name: "mine", version: "2", origin: join(root, "export") },
  ]);
  t.match(await models("list"), { stdout: /^name +version +state/ });

  const [verified] = await json("verify", "mine", "2");
  t.match(verified, {
    ok: true,
    checks: [{ what: "files", outcome: "ok" }, { what: "fp32 graphs" }, { what: "int8 graphs" }],
  });
  const [{ variant, to, photos, texts }] = verified.closeness;
  t.same([variant, to, photos.count, texts.count], ["int8", "fp32", 28, 8]);
  t.ok(photos.min > 0.99999 && photos.mean <= 1.00001, `the same weights give the same vectors: ${photos.min}`);

  const bench = await json("bench", "mine", "2", "--seconds", "0.01");
  t.same(
    bench.measured.map((m: { variant: string; batch: number }) => `${m.variant} ${m.batch}`),
    [...["fp32 1", "fp32 4", "fp32 8", "fp32 16", "fp32 32"], ...["int8 1", "int8 4", "int8 8", "int8 16", "int8 32"]],
  );
  t.ok(bench.measured.every((m: { imagesPerSecond: number }) => m.imagesPerSecond > 0));

  t.match(await models("remove", "mine", "2"), { code: 1, stderr: /mine 2 is the one that the Encoder starts with/ });
  t.match(await models("remove", "mine", "1"), { code: 0, stdout: /mine 1 is removed/ });
  t.match(await models("remove", "mine", "1"), { code: 1, stderr: /there is no mine 1 .*; there are 2/ });
  t.match(await models("remove", "mine", "2"), { code: 0 });
  t.same(await readdir(join(root, "models")), [], "nothing is left");
});

t.test("what was chosen is what the Encoder starts with", async (t) => {
  const { root, models } = await setUp(t);
  for (const _ of [1, 2]) await models("add", "export", "--as", "mine");
  await writeFile(join(root, "models/active.json"), '{"mine":{"active":"1"}}');
  t.match(await models("remove", "mine", "1"), { code: 1, stderr: /starts with/ });
  t.match(await models("remove", "mine", "2"), { code: 0 });
});

t.test("verify finds what is missing, changed, broken or different, and says it with exit code 1", async (t) => {
  const { root, models } = await setUp(t);
  await models("add", "export", "--as", "mine");
  const folder = join(root, "models/mine/1");
  await writeFile(join(folder, "onnx/vision_model_quantized.onnx"), tinyVision());
  await rm(join(folder, "README.md"), { force: true });
  await rm(join(folder, "tokenizer_config.json"));
  const { code, stdout } = await models("verify", "mine");
  t.equal(code, 1);
  t.match(stdout, /mine 1: NOT GOOD/);
  t.match(
    stdout,
    /✗ files: .*vision_model_quantized.onnx has \d+ bytes, expected \d+; tokenizer_config.json is missing/,
  );
  t.match(stdout, /✗ int8 graphs: expected a finite, non-zero vector/);
  await writeFile(join(folder, "config.json"), "{");
  t.match(await models("verify"), { code: 1, stdout: /✗ readable: .*config.json/ });
});

t.test("golden vectors are what the version answers, or it is not good", async (t) => {
  const { root, models } = await setUp(t);
  await models("add", "export", "--as", "mine");
  const golden = join(root, "models/mine/1/golden.json");
  const vector = Buffer.from(new Float32Array(256).fill(1 / 16).buffer).toString("base64");
  await writeFile(golden, JSON.stringify({ minCosine: -1, texts: [{ text: "a hat", vector }] }));
  t.match(await models("verify"), { code: 0, stdout: /✓ fp32 golden vectors: 1 as where it was made/ });
  await writeFile(golden, JSON.stringify({ texts: [{ text: "a hat", vector }] }));
  t.match(await models("verify"), {
    code: 1,
    stdout: /✗ fp32 graphs: golden text "a hat": expected a cosine of at least/,
  });
});

t.test("a photo that is none is the photo's fault", async (t) => {
  const { root, models } = await setUp(t);
  await models("add", "export", "--as", "mine");
  await mkdir(join(root, "photos"));
  t.match(await models("verify", "--photos", "photos"), { code: 1, stderr: /no photo below/ });
  await writeFile(join(root, "photos/a.jpg"), "no photo");
  t.match(await models("verify", "--photos", "photos"), { code: 1, stderr: /a.jpg: is not an image/ });
});

t.test("what is no model is not added, and nothing is left of it", async (t) => {
  const { root, models } = await setUp(t);
  t.match(await models("add", "nowhere", "--as", "x"), { code: 1, stderr: /expected a folder with a model/ });
  t.match(await models("add", "export"), { code: 2, stderr: /expected --as NAME/ });
  t.match(await models("add", "export", "--as", "Big"), { code: 2, stderr: /"Big" does not match/ });
  await models("add", "export", "--as", "mine", "--version", "v7");
  t.match(await models("add", "export", "--as", "mine", "--version", "v7"), { code: 1, stderr: /is there already/ });
  await rm(join(root, "export/tokenizer.json"));
  t.match(await models("add", "export", "--as", "x"), { code: 1, stderr: /no model .*: tokenizer.json: is missing/ });
  t.same(await readdir(join(root, "models")), ["mine"]);
});

t.test("every subcommand has help; what it is called wrongly with is exit code 2", async (t) => {
  const { models } = await setUp(t);
  t.match(await models("--help"), { code: 0, stdout: /flashfit models pull OWNER\/NAME/ });
  t.match(await models(), { code: 2 });
  t.match(await models("dance"), { code: 2, stderr: /expected one of list, pull, .*, got dance/ });
  for (const name of command.names) {
    t.match(await models(name, "--help"), { code: 0, stdout: new RegExp(`^usage: flashfit models ${name}`) });
    t.match(await models(name, "--nonsense"), { code: 2, stderr: /Unknown option/ });
    t.match(await models(name, "a", "b", "c", "d"), { code: 2, stderr: /arguments, got 4/ });
  }
  t.match(await models("bench", "mine", "--threads", "0"), { code: 1, stderr: /there is no mine; there are none/ });
  t.match(await models("cache", "drop"), { code: 2, stderr: /expected cache clear/ });
  for (const args of [
    ["activate", "a", "1"],
    ["rollback", "a"],
  ]) {
    t.match(await models(...args), { code: 1, stderr: /no mesh runs in .*npm start/ });
  }
  t.match(await models("cache", "clear"), { code: 1, stderr: /no cache is known/ });
});

t.test("the help of the guide is the help of the command", async (t) => {
  const guide = await readFile(new URL("../../docs/how-to/models.md", import.meta.url), "utf8");
  for (const name of command.names) t.match(guide, new RegExp(`flashfit models ${name}`));
});

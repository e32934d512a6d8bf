import { spawn } from "node:child_process";
import { once } from "node:events";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import sharp from "sharp";
import t from "tap";
import type { ClipShape } from "../../bench/onnx/clip-vit.ts";
import { writeClip } from "../../bench/onnx/write-clip.ts";
import { MODELS } from "../../services/encoder/repository/testing.ts";
import { projectRoot } from "../state/home.ts";
import { closeness } from "./closeness.ts";
import { closenessTable } from "./closeness-table.ts";
import { runModels } from "./testing.ts";

type Tap = Pick<typeof t, "testdir">;

const activation = "quick_gelu";
const shape: ClipShape = {
  vision: { side: 32, patch: 8, width: 32, heads: 4, layers: 2, expansion: 2, activation },
  text: { vocabulary: 49_408, maxTokens: 77, width: 16, heads: 2, layers: 1, expansion: 2, activation },
  projection: 16,
};

/** A tiny CLIP with the same weights in fp32 and in int8, and photos in files. */
async function setUp(t: Tap, photos: number) {
  const root = t.testdir({ models: {}, home: {}, photos: { deep: {} } });
  const directory = join(root, "models");
  const folder = await writeClip({ directory, name: "both", precision: "int8", shape });
  const graph = (file: string) => join(folder, "onnx", file);
  for (const stem of ["vision_model", "text_model"])
    await rename(graph(`${stem}.onnx`), graph(`${stem}_quantized.onnx`));
  await writeClip({ directory, name: "both", precision: "fp32", shape });
  for (let i = 0; i < photos; i++) {
    const background = { r: (i * 37) % 256, g: (i * 91) % 256, b: (i * 53) % 256 };
    const photo = sharp({ create: { width: 40, height: 40, channels: 3, background } });
    await photo.jpeg().toFile(join(root, "photos/deep", `${String(i).padStart(3, "0")}.jpg`));
  }
  const env = { MODEL_DIR: directory, FLASHFIT_HOME: join(root, "home") };
  return { root, graph, env, models: (...args: string[]) => runModels(env, root, ...args) };
}

t.test("int8 is compared with fp32 on the photos of a folder", async (t) => {
  const { models } = await setUp(t, 12);
  const ran = await models("verify", "both", "--photos", "photos", "--json");
  t.equal(ran.code, 0, ran.stderr);
  const [{ closeness }] = JSON.parse(ran.stdout);
  t.match(closeness, [{ variant: "int8", to: "fp32", photos: { count: 12 }, texts: { count: 8 } }]);
  const { photos, texts } = closeness[0];
  for (const { min, mean } of [photos, texts]) {
    t.ok(min > 0.9 && min <= mean && mean < 1, `rounded to 8 bits, and still itself: ${min}, ${mean}`);
  }
  t.match(photos.lowest, /^deep\/\d{3}\.jpg$/);
  t.type(texts.lowest, "string");
  t.ok(photos.sameNearest > 0 && photos.sameNearest <= 1);
  t.match(ran.stderr, /^40\/40 photos and texts, /m, "long work says how far it is, beside the answer");
});

t.test("a person reads a table", async (t) => {
  const { models } = await setUp(t, 3);
  t.match(await models("verify", "--photos", "photos"), {
    code: 0,
    stdout: new RegExp(
      [
        "both 1: good",
        "(.*\n)+",
        "model +variant +compared on +mean cosine +lowest +same nearest +lowest at",
        String.raw`both 1 +int8 to fp32 +3 photos +[01]\.\d{4} +[01]\.\d{4} +\d+ % +deep/00\d\.jpg`,
        String.raw`both 1 +int8 to fp32 +8 texts +[01]\.\d{4} +[01]\.\d{4} +\d+ % +\S.*`,
      ].join("\n"),
    ),
  });
});

t.test("where one precision is all there is, that is said", async (t) => {
  const { models, graph } = await setUp(t, 2);
  await Promise.all(["vision_model", "text_model"].map((stem) => rm(graph(`${stem}_quantized.onnx`))));
  const { code, stdout } = await models("verify", "--photos", "photos");
  t.equal(code, 0);
  t.match(
    stdout,
    /– variants: only fp32 is there, nothing to compare it with \(int8 would be onnx\/\*_quantized\.onnx\)/,
  );
  t.notMatch(stdout, /mean cosine/);
  t.match(JSON.parse((await models("verify", "--photos", "photos", "--json")).stdout), [{ closeness: [] }]);
});

t.test("a variant that does not run is not compared", async (t) => {
  const { models, graph } = await setUp(t, 2);
  await writeFile(graph("vision_model_quantized.onnx"), "no graph");
  const { code, stdout } = await models("verify", "--photos", "photos");
  t.equal(code, 1);
  t.notMatch(stdout, /mean cosine/);
});

t.test("vectors that are alike but change places are found by their neighbours", async (t) => {
  const at = (degrees: number) => {
    const turn = (degrees * Math.PI) / 180;
    return Float32Array.of(Math.cos(turn), Math.sin(turn));
  };
  const inputs = { photos: ["a", "b", "c"].map((key) => ({ key, load: async () => new Uint8Array() })), texts: [] };
  const [fp32, int8] = [
    [at(0), at(10), at(30)],
    [at(0), at(21), at(30)],
  ];
  const found = closeness(inputs, ["int8", { photos: int8, texts: [] }], ["fp32", { photos: fp32, texts: [] }]);
  const { photos, texts } = found;
  t.equal(texts, undefined);
  t.match(photos, { count: 3, lowest: "b", sameNearest: 2 / 3 }, "b moved from a to c");
  t.ok(Math.abs((photos?.min ?? 0) - Math.cos((11 * Math.PI) / 180)) < 1e-6);
  t.same(closenessTable([{ name: "x", version: "1", closeness: [] }]), []);
});

t.test("Ctrl-C ends a long comparison at once, in order", async (t) => {
  const { root, env } = await setUp(t, 200);
  const args = ["cli/main.ts", "models", "verify", "--photos", join(root, "photos")];
  const child = spawn(process.execPath, args, { cwd: projectRoot, env: { ...process.env, ...env, MODEL_DIR: MODELS } });
  let said = "";
  const closed = once(child, "close");
  const begun = new Promise<void>((resolve) => {
    child.stderr.on("data", (text) => {
      said += text;
      if (/photos and texts/.test(said)) resolve();
    });
  });
  await Promise.race([begun, closed]);
  child.kill("SIGINT");
  t.same(await closed, [130, null]);
  t.match(said, /^\d+\/1248 photos and texts, .*left\n(.*\n)*flashfit models: interrupted\n$/);
});

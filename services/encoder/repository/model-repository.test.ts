import { cp, mkdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { compareVersions, readModels, readVersions, type StoredModel } from "./model-repository.ts";
import { MODELS } from "./testing.ts";
import { TextTokenizer } from "./text-tokenizer.ts";

const tell = (models: StoredModel[]) =>
  models.map((model) =>
    model.kind === "ready"
      ? [model.pack.name, model.pack.revision, "ready"]
      : [model.name, model.revision, model.reason],
  );

t.test("versions are ordered by their numbers", (t) => {
  t.same(["10", "2", "1.10", "1.9"].sort(compareVersions), ["1.9", "1.10", "2", "10"]);
  t.end();
});

t.test("the highest version wins, a broken one is told and the others stay", async (t) => {
  const dir = t.testdir({ empty: {}, README: "not a model", Wrong: { 1: {} } });
  await symlink(join(MODELS, "fashion"), join(dir, "fashion"));
  await mkdir(join(dir, "clip"));
  await symlink(join(MODELS, "clip/1"), join(dir, "clip/9"));
  await cp(join(MODELS, "clip/1"), join(dir, "clip/10"), { recursive: true });
  const others = [
    ["empty", "", "empty: it has no version directory"],
    ["fashion", "1", "ready"],
  ];
  const [wrong, ...rest] = tell(await readModels(dir));
  t.match(wrong?.[2], /the model name "Wrong" does not match/);
  t.same(rest, [["clip", "10", "ready"], ...others]);
  t.same(tell(await readVersions(dir)).slice(1), [["clip", "9", "ready"], ["clip", "10", "ready"], ...others]);

  const broken = async (expected: RegExp) => t.match(tell(await readModels(dir))[1]?.[2], expected);
  await truncate(join(dir, "clip/10/onnx/vision_model.onnx"), 1_000_000);
  await broken(/^clip\/10: .*vision_model.onnx is no ONNX file, or a damaged one/);
  await cp(join(MODELS, "clip/1/onnx"), join(dir, "clip/10/onnx"), { recursive: true });
  await writeFile(join(dir, "clip/10/preprocessor_config.json"), "{");
  await broken(/preprocessor_config.json: .*JSON/);
  await rm(join(dir, "clip/10/preprocessor_config.json"));
  await broken(/preprocessor_config.json: is missing/);
  await rm(join(dir, "clip/10/tokenizer.json"));
  await writeFile(join(dir, "clip/10/processor_config.json"), '{"image_processor":{"size":{"height":8,"width":8}}}');
  await broken(/tokenizer.json: is missing/);
  await rm(join(dir, "clip/10/config.json"));
  await broken(/config.json: is missing/);
  await rm(join(dir, "clip/10/onnx"), { recursive: true });
  await broken(/onnx\/ holds none of vision_model.onnx/);
});

t.test("a directory that is not there is refused with the setting to change", async (t) => {
  await t.rejects(readModels("/no/such/models"), /\/no\/such\/models cannot be read .*MODEL_DIR/);
});

t.test("the variant asked for is used where it is, else what is there", async (t) => {
  const dir = t.testdir();
  await cp(join(MODELS, "clip"), join(dir, "clip"), { recursive: true });
  const onnx = join(dir, "clip/1/onnx");
  const read = async (variant?: "int8" | "fp16") => {
    const [model] = await readModels(dir, { variant });
    if (model?.kind !== "ready") throw new Error(model?.reason);
    const files = Object.values(model.graphs).map((file) => file.slice(onnx.length + 1));
    return [model.variant, ...files];
  };
  t.same(await read("int8"), ["int8", "vision_model_quantized.onnx", "text_model.onnx"], "text has no int8 one");
  await rename(join(onnx, "vision_model_quantized.onnx"), join(dir, "kept.onnx"));
  t.same(await read("int8"), ["fp32", "vision_model.onnx", "text_model.onnx"]);
  await rename(join(dir, "kept.onnx"), join(onnx, "vision_model_quantized.onnx"));
  t.same(await read(), ["fp32", "vision_model.onnx", "text_model.onnx"]);
  await rm(join(onnx, "vision_model.onnx"));
  await rm(join(onnx, "text_model.onnx"));
  t.same(await read("fp16"), ["int8", "vision_model_quantized.onnx"]);
});

t.test("texts are padded and cut to the model's length, the closing token kept", async (t) => {
  const [blip] = await readModels(MODELS);
  const words = blip?.kind === "ready" ? blip.pack.words : undefined;
  if (!words) throw new Error("blip has no tokenizer");
  const tokenizer = new TextTokenizer(words);
  const short = tokenizer.encode("A Black Dress");
  t.same([short.ids.length, short.mask], [12, [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]]);
  t.same([short.ids[0], short.ids[4], short.ids[11]], [2, 3, 0]);
  t.equal(tokenizer.decode(short.ids), "a black dress");
  const long = tokenizer.encode("black dress ".repeat(80));
  t.same([long.ids.length, long.ids[0], long.ids[11], long.mask.includes(0)], [12, 2, 3, false]);
  t.same(tokenizer.encode("").ids.slice(0, 3), [2, 3, 0]);
});

import { cp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { openInProcess } from "../inference/in-process.ts";
import { loadModels } from "../model-set.ts";
import { MODELS } from "../testing.ts";
import { compareVersions, readModels } from "./model-repository.ts";
import { TextTokenizer } from "./text-tokenizer.ts";

async function reasons(directory: string) {
  const set = await loadModels(await readModels(directory), openInProcess, 1);
  await set.close();
  return set.all.map((known) => [known.name, known.revision, known.kind === "broken" ? known.reason : "loaded"]);
}

t.test("versions are ordered by their numbers", (t) => {
  t.same(["10", "2", "1.10", "1.9"].sort(compareVersions), ["1.9", "1.10", "2", "10"]);
  t.end();
});

t.test("the highest version wins, a broken one is told and the others serve", async (t) => {
  const dir = t.testdir({ empty: {}, README: "not a model" });
  await symlink(join(MODELS, "fashion"), join(dir, "fashion"));
  await mkdir(join(dir, "clip"));
  await symlink(join(MODELS, "clip/1"), join(dir, "clip/9"));
  await cp(join(MODELS, "clip/1"), join(dir, "clip/10"), { recursive: true });
  t.same(await reasons(dir), [
    ["clip", "10", "loaded"],
    ["empty", "", "empty: it has no version directory"],
    ["fashion", "1", "loaded"],
  ]);

  const broken = (expected: RegExp) => reasons(dir).then(([clip]) => t.match(clip?.[2], expected));
  await writeFile(join(dir, "clip/10/onnx/vision_model.onnx"), "no graph");
  await broken(/^clip\/10: .*protobuf/i);
  await writeFile(join(dir, "clip/10/preprocessor_config.json"), "{");
  await broken(/preprocessor_config.json: .*JSON/);
  await rm(join(dir, "clip/10/preprocessor_config.json"));
  await broken(/preprocessor_config.json: is missing/);
  await rm(join(dir, "clip/10/config.json"));
  await broken(/config.json: is missing/);
  await rm(join(dir, "clip/10/onnx"), { recursive: true });
  await broken(/onnx\/ holds none of vision_model.onnx/);
});

t.test("a directory that is not there is refused with the setting to change", async (t) => {
  await t.rejects(readModels("/no/such/models"), /\/no\/such\/models cannot be read .*MODEL_DIR/);
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

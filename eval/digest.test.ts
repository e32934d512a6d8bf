import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { digestOf, filesBelow } from "./digest.ts";

t.test("what is kept knows every byte that it was made of, and not where that lay", async (t) => {
  const folder = t.testdir({ clip: { "1": { "config.json": "{}", onnx: { "vision_model.onnx": "weights" } } } });
  const pack = join(folder, "clip");
  const digest = async (of = pack, format = "1") => digestOf(format, await filesBelow(of));
  t.same(
    (await filesBelow(pack)).map(({ name }) => name),
    ["1/config.json", "1/onnx/vision_model.onnx"],
  );
  const before = await digest();
  t.match(before, /^[0-9a-f]{16}$/);
  const copy = join(folder, "copy");
  await cp(pack, copy, { recursive: true });
  t.equal(await digest(copy), before);
  t.not(await digest(pack, "2"), before);
  await writeFile(join(pack, "1/onnx/vision_model.onnx"), "Weights");
  t.not(await digest(), before, "other weights");
  await writeFile(join(copy, "1/onnx/text_model.onnx"), "");
  t.not(await digest(copy), before, "one more file");
});

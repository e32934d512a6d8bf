import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { photographs } from "../../eval/photographs.ts";
import { LEAST_COSINE, nearness, readReference } from "../../eval/reference/reference-file.ts";
import { openInProcess } from "../../services/encoder/inference/in-process.ts";
import { Model } from "../../services/encoder/model.ts";
import { PhotoDecoder } from "../../services/encoder/preprocessing/photo-decoder.ts";
import { readVersionFolder } from "../../services/encoder/repository/model-repository.ts";

// A tiny CLIP with random weights and what Python's transformers made of photographs and sentences with it
// (eval/reference/export_clip.py --tiny): preprocessing, tokenizer, cutting, padding, pooling and projection in one.

const folder = fileURLToPath(new URL("golden/", import.meta.url));
const reference = await readReference(join(folder, "reference.json"));
const { pack, graphs } = await readVersionFolder(folder, "clip", "1", { variant: "fp32" });
const inference = await openInProcess(graphs, { threads: 1 });
t.teardown(() => inference.close());
const model = await Model.prove(pack, inference);

t.test("different inputs have different vectors, so that a high cosine means something", async (t) => {
  for (const { mean, max } of Object.values(reference.apart))
    t.ok(mean < 0.7 && max < 0.98, `mean ${mean}, max ${max}`);
});

t.test("sentences become the tokens and the vectors of transformers", async (t) => {
  const read = [];
  for (const { text, ids, vector: expected } of reference.sentences) {
    const { ids: padded, mask } = model.tokenize(text);
    t.same(
      padded.filter((_, i) => mask[i]),
      ids,
      `tokens of ${JSON.stringify(text)}`,
    );
    read.push({ what: text, expected, actual: await model.embedText(text) });
  }
  const { min, worst } = nearness(read);
  t.ok(min >= LEAST_COSINE, `${read.length} sentences, at least ${min} (${worst})`);
});

t.test("photographs become the vectors of transformers", async (t) => {
  const root = join(photographs, "validation");
  if (!existsSync(root)) return t.pass("", { skip: `skipped: no photographs at ${root}; set FLASHFIT_PHOTOS` });
  const { view } = pack;
  if (!view) throw new TypeError("expected a model that takes photos");
  const decoder = new PhotoDecoder({ decodes: 1, waiting: 1 });
  const seen = [];
  for (const { file, vector: expected } of reference.photos) {
    const photo = await decoder.check(await readFile(join(root, file)));
    const { vector: actual } = await model.embedPhoto(await decoder.decode(photo, view));
    seen.push({ what: file, expected, actual });
  }
  const { min, worst } = nearness(seen);
  t.ok(min >= LEAST_COSINE, `${seen.length} photographs, at least ${min} (${worst})`);
});

t.test("vectors are compared one by one", async (t) => {
  const [x, y] = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
  const pairs = [
    { what: "same", actual: x, expected: x },
    { what: "other", actual: x, expected: y },
  ];
  t.same(nearness(pairs), { count: 2, min: 0, mean: 0.5, worst: "other" });
  t.throws(() => nearness([]), /expected vectors to compare/);
  t.throws(
    () => nearness([{ what: "longer", actual: x, expected: Float32Array.of(1) }]),
    /expected vectors of one length/,
  );
});

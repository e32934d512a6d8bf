import { InferenceSession, Tensor } from "onnxruntime-node";
import t from "tap";
import { END_ID, START_ID } from "../../bench/onnx/clip-tokenizer.ts";
import { type ClipShape, textModel, visionModel } from "../../bench/onnx/clip-vit.ts";
import { GraphBuilder } from "../../bench/onnx/graph-builder.ts";
import { quantize } from "../../bench/onnx/quantized-linear.ts";
import { seededWeights } from "../../bench/onnx/random-weights.ts";
import { writeClip } from "../../bench/onnx/write-clip.ts";
import { sessionOptions } from "../../services/encoder/inference/session-options.ts";
import { readModels } from "../../services/encoder/repository/model-repository.ts";
import { TextTokenizer } from "../../services/encoder/repository/text-tokenizer.ts";
import { plainText, plainVision } from "./plain-clip.ts";

const tiny = (activation: "gelu" | "quick_gelu"): ClipShape => ({
  vision: { side: 24, patch: 8, width: 32, heads: 4, layers: 2, expansion: 3, activation },
  text: { vocabulary: 60, maxTokens: 9, width: 24, heads: 3, layers: 2, expansion: 2, activation },
  projection: 16,
});
const weights = seededWeights(7);
const pixels = seededWeights(8)("pixels", 2 * 3 * 24 * 24, 2);
const photo = (i: number) => pixels.subarray(i * 3 * 24 * 24, (i + 1) * 3 * 24 * 24);
/** The highest id ends a text; what follows is padding. */
const texts = [
  [58, 3, 17, 44, 59, 0],
  [58, 9, 59, 0, 0, 0],
];

async function run(file: Uint8Array, feeds: Record<string, Tensor>, output: string): Promise<Float32Array[]> {
  const session = await InferenceSession.create(file, sessionOptions({ threads: 1 }));
  const tensor = (await session.run(feeds))[output];
  if (!(tensor?.data instanceof Float32Array)) throw new TypeError(`expected floats in ${output}`);
  const data = tensor.data;
  const [rows = 0, width = 0] = tensor.dims;
  return Array.from({ length: rows }, (_, i) => data.slice(i * width, (i + 1) * width));
}
const runVision = (shape: ClipShape, precision: "fp32" | "int8") =>
  run(
    visionModel({ shape, weights, precision }),
    { pixel_values: new Tensor("float32", pixels, [2, 3, 24, 24]) },
    "image_embeds",
  );
const runText = (shape: ClipShape, precision: "fp32" | "int8") =>
  run(
    textModel({ shape, weights, precision }),
    { input_ids: new Tensor("int64", BigInt64Array.from(texts.flat(), BigInt), [2, 6]) },
    "text_embeds",
  );

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));
function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

for (const activation of ["quick_gelu", "gelu"] as const) {
  t.test(`a written CLIP with ${activation} computes in onnxruntime what plain loops compute`, async (t) => {
    const shape = tiny(activation);
    for (const [i, vector] of (await runVision(shape, "fp32")).entries()) {
      const off = furthest(vector, plainVision(shape, weights, photo(i)));
      t.ok(off < 1e-4, `photo ${i} differs by ${off}`);
    }
    for (const [i, vector] of (await runText(shape, "fp32")).entries()) {
      const off = furthest(vector, plainText(shape, weights, texts[i]!));
      t.ok(off < 1e-4, `text ${i} differs by ${off}`);
    }
  });
}

t.test("its form of 8 bits points the same way and is far smaller", async (t) => {
  const shape = tiny("quick_gelu");
  const plain = [...(await runVision(shape, "fp32")), ...(await runText(shape, "fp32"))];
  const small = [...(await runVision(shape, "int8")), ...(await runText(shape, "int8"))];
  for (const [i, vector] of small.entries()) {
    const same = cosine(vector, plain[i]!);
    t.ok(same > 0.995 && same < 1, `${i}: cosine ${same}`);
  }
  const wide: ClipShape = { ...shape, vision: { ...shape.vision, width: 256 } };
  const size = (precision: "fp32" | "int8") => visionModel({ shape: wide, weights, precision }).length;
  t.ok(size("int8") < 0.45 * size("fp32"), "the filters of its patches stay fp32");
});

t.test("each output is quantised by its own largest weight", async (t) => {
  const { values, scales } = quantize({ inputs: 2, outputs: 2, matrix: Float32Array.of(1, -20, -0.25, 5) });
  t.same([...values], [127, -127, -32, 32]);
  t.same([...scales], [Math.fround(1 / 127), Math.fround(20 / 127)]);
});

t.test("the same seed writes the same file, another one another", async (t) => {
  const file = (seed: number) => textModel({ shape: tiny("gelu"), weights: seededWeights(seed), precision: "fp32" });
  t.equal(Buffer.compare(file(1), file(1)), 0);
  t.not(Buffer.compare(file(1), file(2)), 0);
});

t.test("the Encoder loads a written CLIP, with its tokenizer", async (t) => {
  const directory = t.testdir();
  const shape = tiny("quick_gelu");
  const text = { ...shape.text, vocabulary: END_ID + 1, maxTokens: 20 };
  await writeClip({ directory, shape: { ...shape, text } });
  const [stored] = await readModels(directory);
  if (stored?.kind !== "ready") throw new Error(stored?.reason ?? "nothing was written");
  const { words, view } = stored.pack;
  t.same(view?.crop, { width: 24, height: 24 });
  const tokens = new TextTokenizer(words!).encode("A Red hat");
  t.same([tokens.ids[0], tokens.ids.filter((_, i) => tokens.mask[i]).at(-1)], [START_ID, END_ID]);
  t.equal(tokens.mask.filter(Boolean).length, 2 + "aredhat".length, "a token a letter");
});

t.test("a constant of the wrong length is refused", async (t) => {
  t.throws(
    () => new GraphBuilder("g").weight("w", [2, 3], new Float32Array(5)),
    /expected 6 values for w \[2, 3\], got 5/,
  );
});

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import t from "tap";
import { readOnnxHeader } from "./onnx-header.ts";
import { MODELS, tinyText, tinyVision } from "./testing.ts";

t.test("a header is what onnxruntime says of the same file, without reading its weights", async (t) => {
  for (const name of ["clip/1/onnx/vision_model", "blip/1/onnx/decoder_model", "fashion/1/onnx/text_model"]) {
    const file = join(MODELS, `${name}.onnx`);
    const { inputs, outputs, opset } = await readOnnxHeader(file);
    const session = await InferenceSession.create(file);
    t.same([inputs.map((v) => v.name), outputs.map((v) => v.name)], [session.inputNames, session.outputNames]);
    t.ok(opset >= 13, `opset ${opset}`);
    const shapes = session.inputMetadata.map((meta) => (meta.isTensor ? meta.shape : []));
    t.same(
      inputs.map((v) => v.dims),
      shapes,
    );
    await session.release();
  }
});

t.test("tiny graphs of the tests are real ones", async (t) => {
  const dir = t.testdir();
  await writeFile(join(dir, "v.onnx"), tinyVision());
  await writeFile(join(dir, "t.onnx"), tinyText());
  t.match(await readOnnxHeader(join(dir, "v.onnx")), {
    opset: 13,
    inputs: [{ name: "pixel_values", elementType: 1, dims: ["batch_size", 3, "height", "width"] }],
    outputs: [{ name: "image_embeds", dims: ["batch_size", 3] }],
  });
  const session = await InferenceSession.create(join(dir, "t.onnx"));
  t.same(session.outputNames, ["text_embeds"]);
  await session.release();
});

t.test("a file that is cut off, empty or no ONNX at all is refused, saying so", async (t) => {
  const dir = t.testdir({ empty: "", text: "no graph at all", json: "{}" });
  const whole = await readFile(join(MODELS, "clip/1/onnx/vision_model.onnx"));
  await writeFile(join(dir, "cut"), whole.subarray(0, whole.length - 100));
  await t.rejects(readOnnxHeader(join(dir, "cut")), /damaged one .*ends \d+ bytes too early/);
  for (const name of ["empty", "text", "json"]) await t.rejects(readOnnxHeader(join(dir, name)), /is no ONNX file/);
  await t.rejects(readOnnxHeader(join(dir, "missing")), { code: "ENOENT" });
});

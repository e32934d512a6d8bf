import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import t from "tap";
import { EncoderService } from "../../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { GRPCInferenceService, type ModelInferRequestSchema } from "../../../gen/inference/open_inference_grpc_pb.ts";
import { drawnPhoto } from "../../../test/support/drawn-photo.ts";
import { floatsFromBytes } from "../../kit/vector.ts";
import { createEncoderService } from "../service.ts";
import { createTestEncoder, loadDefaultModels } from "../testing.ts";
import { createOpenInferenceService } from "./service.ts";

const photo = await drawnPhoto(); // first: a decoder forbids SVG to the whole process
const models = await loadDefaultModels();
t.teardown(() => models.close());
const { encoder } = createTestEncoder();
const transport = createRouterTransport((router) => {
  router.service(GRPCInferenceService, createOpenInferenceService({ models, encoder, version: "1.2.3" }));
  router.service(EncoderService, createEncoderService({ models, encoder, streamParallel: 4 }));
});
const client = createClient(GRPCInferenceService, transport);
const own = createClient(EncoderService, transport);

type Request = MessageInitShape<typeof ModelInferRequestSchema>;
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => {
      throw new Error("expected a refusal, got an answer");
    },
    (error: unknown) => ConnectError.from(error),
  );
const raw = (values: Float32Array | BigInt64Array) => new Uint8Array(values.buffer);
const prefixed = (...items: Uint8Array[]) =>
  Buffer.concat(items.flatMap((item) => [Buffer.from(Uint32Array.of(item.length).buffer), item]));
const utf8 = (text: string) => new TextEncoder().encode(text);
const tensor = (name: string, datatype: string, ...shape: number[]) => ({ name, datatype, shape: shape.map(BigInt) });

const pixels = Float32Array.from({ length: 2 * 3 * 112 * 112 }, (_, i) => Math.sin(i));
const ids = BigInt64Array.from({ length: 12 }, (_, i) => (i < 3 ? BigInt(i + 4) : 0n));
const mask = BigInt64Array.from({ length: 12 }, (_, i) => (i < 3 ? 1n : 0n));

t.test("the server and its models are live, ready and described", async (t) => {
  t.ok((await client.serverLive({})).live);
  t.ok((await client.serverReady({})).ready);
  t.match(await client.serverMetadata({}), { name: "flashfit-encoder", version: "1.2.3" });
  for (const name of ["clip", "clip/vision", "blip/decoder"]) t.ok((await client.modelReady({ name })).ready, name);
  t.ok((await client.modelReady({ name: "clip", version: "1" })).ready);
  for (const name of ["", "clap", "clip/decoder", "clip/"]) t.notOk((await client.modelReady({ name })).ready, name);
  t.notOk((await client.modelReady({ name: "clip", version: "2" })).ready);
  t.match(await client.modelMetadata({ name: "fashion/vision" }), {
    name: "fashion/vision",
    versions: ["1"],
    platform: "onnx_onnxv1",
    inputs: [{ name: "pixel_values", datatype: "FP32", shape: [-1n, 3n, 112n, 112n] }],
    outputs: [
      { name: "image_embeds", datatype: "FP32", shape: [-1n, 256n] },
      { name: "logits" },
      { name: "colour_logits" },
    ],
  });
  t.match(await client.modelMetadata({ name: "clip" }), {
    platform: "flashfit",
    inputs: [
      { name: "photo", datatype: "BYTES", shape: [-1n] },
      { name: "text", datatype: "BYTES", shape: [-1n] },
    ],
    outputs: [{ name: "embedding", datatype: "FP32", shape: [-1n, 256n] }],
  });
});

t.test("raw tensors in, raw tensors out; numbers in, numbers out; the same", async (t) => {
  const inputs = [tensor("pixel_values", "FP32", 2, 3, 112, 112)];
  const outputs = [{ name: "logits" }, { name: "image_embeds" }];
  const request = { modelName: "fashion/vision", id: "7", inputs, outputs };
  const packed = await client.modelInfer({ ...request, rawInputContents: [raw(pixels)] });
  t.match(packed, { modelName: "fashion/vision", modelVersion: "1", id: "7" });
  t.same(
    packed.outputs.map(({ name, datatype, shape }) => [name, datatype, ...shape]),
    [
      ["logits", "FP32", 2n, 10n],
      ["image_embeds", "FP32", 2n, 256n],
    ],
  );
  const spelled = await client.modelInfer({
    ...request,
    inputs: [{ ...inputs[0], contents: { fp32Contents: [...pixels] } }],
  });
  t.same(spelled.rawOutputContents, []);
  for (const [i, bytes] of packed.rawOutputContents.entries()) {
    t.same(floatsFromBytes(bytes), Float32Array.from(spelled.outputs[i]?.contents?.fp32Contents ?? []));
  }
  t.equal((await client.modelInfer({ ...request, outputs: [], rawInputContents: [raw(pixels)] })).outputs.length, 3);
});

t.test("token ids as INT64, raw and spelled out", async (t) => {
  const inputs = [tensor("input_ids", "INT64", 1, 12), tensor("attention_mask", "INT64", 1, 12)];
  const packed = await client.modelInfer({
    modelName: "clip/text",
    inputs,
    rawInputContents: [raw(ids), raw(mask)],
  });
  const contents = [ids, mask].map((values) => ({ int64Contents: [...values] }));
  const spelled = await client.modelInfer({
    modelName: "clip/text",
    modelVersion: "1",
    inputs: inputs.map((input, i) => ({ ...input, contents: contents[i] })),
  });
  t.same(
    floatsFromBytes(packed.rawOutputContents[0] ?? new Uint8Array()),
    Float32Array.from(spelled.outputs[0]?.contents?.fp32Contents ?? []),
  );
});

t.test("a whole model takes photos or texts and gives what Encode gives", async (t) => {
  const text = await own.encode({ input: { case: "text", value: "a red shirt" }, models: ["clip"] });
  const seen = await own.encode({ input: { case: "photo", value: photo }, models: ["clip"] });
  const vectorOf = (answer: typeof text) => floatsFromBytes(answer.embeddings[0]?.vector ?? new Uint8Array());
  const texts = await client.modelInfer({
    modelName: "clip",
    inputs: [tensor("text", "BYTES", 2)],
    rawInputContents: [prefixed(utf8("a red shirt"), utf8("boots"))],
  });
  t.same(texts.outputs[0]?.shape, [2n, 256n]);
  t.same(floatsFromBytes(texts.rawOutputContents[0] ?? new Uint8Array()).subarray(0, 256), vectorOf(text));
  const photos = await client.modelInfer({
    modelName: "clip",
    inputs: [{ ...tensor("photo", "BYTES", 1, 1), contents: { bytesContents: [photo] } }],
  });
  t.same(Float32Array.from(photos.outputs[0]?.contents?.fp32Contents ?? []), vectorOf(seen));
});

t.test("wrong names, types, shapes and sizes are INVALID_ARGUMENT and say what is right", async (t) => {
  const vision = (more: Request) => ({
    modelName: "clip/vision",
    inputs: [tensor("pixel_values", "FP32", 2, 3, 112, 112)],
    ...more,
  });
  const words = (more: Request) => ({ modelName: "clip", inputs: [tensor("text", "BYTES", 1)], ...more });
  const cases: [string, Request, RegExp, Code?][] = [
    ["no model", {}, /model "".*clip\/vision/, Code.NotFound],
    ["unknown model", { modelName: "clap" }, /"clap".*known are blip, blip\/vision/, Code.NotFound],
    ["unknown version", vision({ modelVersion: "9" }), /version "9".*served as 1/, Code.NotFound],
    ["no inputs", { modelName: "clip/vision" }, /inputs: lacks pixel_values/],
    [
      "one input of two",
      { modelName: "clip/text", inputs: [tensor("input_ids", "INT64", 1, 12)], rawInputContents: [raw(ids)] },
      /lacks attention_mask/,
    ],
    [
      "another name",
      vision({
        inputs: [tensor("pixel_values", "FP32", 1), tensor("x", "FP32", 1)],
        rawInputContents: [raw(pixels), raw(pixels)],
      }),
      /inputs\[0\]\.shape|inputs\[1\]\.name/,
    ],
    [
      "a name twice",
      vision({ inputs: [tensor("pixel_values", "FP32", 1), tensor("pixel_values", "FP32", 1)] }),
      /inputs\[1\]\.name: "pixel_values" comes twice/,
    ],
    [
      "another type",
      vision({ inputs: [tensor("pixel_values", "FP16", 2, 3, 112, 112)] }),
      /is "FP16", expected "FP32"/,
    ],
    [
      "another rank",
      vision({ inputs: [tensor("pixel_values", "FP32", 3, 112, 112)] }),
      /is \[3, 112, 112\], expected \[-1, 3, 112, 112\]/,
    ],
    [
      "another side",
      vision({ inputs: [tensor("pixel_values", "FP32", 1, 3, 112, 113)] }),
      /expected \[-1, 3, 112, 112\]/,
    ],
    [
      "an empty batch",
      vision({ inputs: [tensor("pixel_values", "FP32", 0, 3, 112, 112)] }),
      /expected dimensions from 1/,
    ],
    [
      "a negative batch",
      vision({ inputs: [tensor("pixel_values", "FP32", -1, 3, 112, 112)] }),
      /expected dimensions from 1/,
    ],
    [
      "an enormous batch",
      vision({ inputs: [tensor("pixel_values", "FP32", 2 ** 40, 3, 112, 112)] }),
      /expected dimensions from 1/,
    ],
    [
      "too few bytes",
      vision({ rawInputContents: [raw(pixels).subarray(4)] }),
      /raw_input_contents\[0\]: has 301052 bytes, expected 301056 for FP32 \[2, 3, 112, 112\]/,
    ],
    [
      "too few values",
      vision({ inputs: [{ ...tensor("pixel_values", "FP32", 2, 3, 112, 112), contents: { fp32Contents: [1] } }] }),
      /fp32_contents: has 1 values, expected 75264/,
    ],
    [
      "values in another field",
      vision({ inputs: [{ ...tensor("pixel_values", "FP32", 1, 3, 112, 112), contents: { int64Contents: [1n] } }] }),
      /fp32_contents: has 0 values/,
    ],
    ["no values at all", vision({}), /fp32_contents: has 0 values/],
    [
      "one raw for two inputs",
      {
        modelName: "clip/text",
        inputs: [tensor("input_ids", "INT64", 1, 12), tensor("attention_mask", "INT64", 1, 12)],
        rawInputContents: [raw(ids)],
      },
      /has 1 items for 2 inputs/,
    ],
    [
      "both ways at once",
      vision({ inputs: [{ ...tensor("pixel_values", "FP32", 1), contents: {} }], rawInputContents: [raw(pixels)] }),
      /is set beside raw_input_contents/,
    ],
    [
      "two batches",
      {
        modelName: "clip/text",
        inputs: [tensor("input_ids", "INT64", 1, 12), tensor("attention_mask", "INT64", 2, 6)],
        rawInputContents: [raw(ids), raw(mask)],
      },
      /differ in their first dimension \(input_ids 1, attention_mask 2\)/,
    ],
    [
      "an id beyond the vocabulary",
      {
        modelName: "clip/text",
        inputs: [tensor("input_ids", "INT64", 1, 12), tensor("attention_mask", "INT64", 1, 12)],
        rawInputContents: [raw(ids.map(() => 99_999n)), raw(mask)],
      },
      /cannot be computed/,
    ],
    [
      "an output that is not there",
      vision({ outputs: [{ name: "logits" }], rawInputContents: [raw(pixels)] }),
      /outputs\[0\]\.name: is "logits", expected one of image_embeds/,
    ],
    [
      "an output twice",
      vision({ outputs: [{ name: "image_embeds" }, { name: "image_embeds" }], rawInputContents: [raw(pixels)] }),
      /comes twice/,
    ],
    ["nothing for a whole model", { modelName: "clip" }, /inputs: are nothing, expected one of photo, text/],
    [
      "pixels for a whole model",
      { modelName: "clip", inputs: [tensor("pixel_values", "FP32", 1)], rawInputContents: [raw(pixels)] },
      /raw tensors go to clip\/<graph>/,
    ],
    ["another output of a whole model", words({ outputs: [{ name: "logits" }] }), /expected "embedding" once/],
    ["numbers for a text", words({ inputs: [tensor("text", "INT64", 1)] }), /is "INT64", expected "BYTES"/],
    ["a text of shape [1, 2]", words({ inputs: [tensor("text", "BYTES", 1, 2)] }), /expected \[n\] or \[n, 1\]/],
    ["65 texts", words({ inputs: [tensor("text", "BYTES", 65)] }), /is for 65 items, expected at most 64/],
    [
      "a length beyond the end",
      words({ rawInputContents: [Uint8Array.of(9, 0, 0, 0, 65)] }),
      /a length that its bytes do not have/,
    ],
    ["half a length", words({ rawInputContents: [Uint8Array.of(9, 0)] }), /a length that its bytes do not have/],
    ["two texts for one", words({ rawInputContents: [prefixed(utf8("a"), utf8("b"))] }), /holds 2 items, expected 1/],
    ["an empty text", words({ rawInputContents: [prefixed(utf8(""))] }), /has 0 characters, expected 1 to 1000/],
    ["no UTF-8", words({ rawInputContents: [prefixed(Uint8Array.of(0xc3, 0x28))] }), /is not valid UTF-8/],
    [
      "no photo",
      { modelName: "clip", inputs: [tensor("photo", "BYTES", 2)], rawInputContents: [prefixed(photo, utf8("hello"))] },
      /photo 1: is not an image/,
    ],
  ];
  for (const [what, request, says, code = Code.InvalidArgument] of cases) {
    t.match(await refusal(client.modelInfer(request)), { code, rawMessage: says }, what);
  }
  t.match(await refusal(client.modelMetadata({ name: "clap" })), { code: Code.NotFound });
});

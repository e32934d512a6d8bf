/** What callers get wrong with the Encoder's Caption, Classify, EncodeStream, ActivateModel and ModelInfer. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  type ActivateModelRequestSchema,
  type CaptionRequestSchema,
  ClassifyRequestSchema,
  EncoderService,
  type EncodeStreamRequestSchema,
} from "../../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { GRPCInferenceService, ModelInferRequestSchema } from "../../../gen/inference/open_inference_grpc_pb.ts";
import type { UnaryCall } from "../clients.ts";
import { blackPng, svgBomb } from "../hostile.ts";

export interface StreamCase {
  what: string;
  send(transport: Transport): Promise<unknown>;
  code: Code;
  says: RegExp;
  /** Streams in both directions. */
  bidi?: boolean;
}

const junk = Buffer.from("hello, I am a text file");
const DEADLINE = { timeoutMs: 30_000 };

/** Unary ones, for every client. */
export function encoderCases(photo: Uint8Array) {
  const classify = (init: MessageInitShape<typeof ClassifyRequestSchema>) => (call: UnaryCall) =>
    call(EncoderService.method.classify, create(ClassifyRequestSchema, init));
  const infer = (init: MessageInitShape<typeof ModelInferRequestSchema>) => (call: UnaryCall) =>
    call(GRPCInferenceService.method.modelInfer, create(ModelInferRequestSchema, init));
  const pixels = (shape: bigint[], raw: Uint8Array, datatype = "FP32", name = "pixel_values") =>
    infer({ modelName: "clip/vision", inputs: [{ name, datatype, shape }], rawInputContents: [raw] });
  const image = [1n, 3n, 112n, 112n];
  const whole = new Uint8Array(4 * 3 * 112 * 112);
  const wrong = Code.InvalidArgument;
  return [
    { what: "Classify no photo", send: classify({}), code: wrong, says: /photo/ },
    { what: "Classify what is no photo", send: classify({ photo: junk }), code: wrong, says: /photo.*not an image/ },
    { what: "Classify an SVG bomb", send: classify({ photo: svgBomb }), code: wrong, says: /photo.*(svg|jpeg)/i },
    {
      what: "Classify 20,000 × 20,000 pixels",
      send: classify({ photo: blackPng(20_000, 20_000) }),
      code: wrong,
      says: /photo.*pixel/i,
    },
    {
      what: "Classify half a photo",
      send: classify({ photo: photo.subarray(0, photo.length / 2) }),
      code: wrong,
      says: /photo.*(truncated|damaged)/,
    },
    { what: "Classify with top_k 1,001", send: classify({ photo, topK: 1001 }), code: wrong, says: /top_k/ },
    {
      what: "Classify with an unknown model",
      send: classify({ photo, model: "gpt" }),
      code: Code.NotFound,
      says: /gpt.*clip/,
    },
    {
      what: "Classify with a model that does not",
      send: classify({ photo, model: "clip" }),
      code: Code.FailedPrecondition,
      says: /clip is no model that classifies; those are: fashion/,
    },
    {
      what: "Classify with a priority that is none",
      send: classify({ photo, priority: 9 as never }),
      code: wrong,
      says: /priority/,
    },
    {
      what: "ModelInfer with an unknown model",
      send: infer({ modelName: "gpt" }),
      code: Code.NotFound,
      says: /gpt.*clip\/vision/,
    },
    {
      what: "ModelInfer with an unknown graph",
      send: infer({ modelName: "clip/sound" }),
      code: Code.NotFound,
      says: /clip\/sound/,
    },
    {
      what: "ModelInfer with an unknown version",
      send: infer({ modelName: "clip/vision", modelVersion: "9" }),
      code: Code.NotFound,
      says: /version "9".*served as/,
    },
    { what: "ModelInfer without inputs", send: infer({ modelName: "clip/vision" }), code: wrong, says: /pixel_values/ },
    {
      what: "ModelInfer with another input",
      send: pixels(image, whole, "FP32", "pixels"),
      code: wrong,
      says: /inputs: lacks pixel_values, expected pixel_values, got "pixels"/,
    },
    {
      what: "ModelInfer with another type",
      send: pixels(image, whole, "FP64"),
      code: wrong,
      says: /inputs\[0\]\.datatype.*FP64/,
    },
    {
      what: "ModelInfer with half of the bytes",
      send: pixels(image, whole.subarray(0, 1000)),
      code: wrong,
      says: /raw_input_contents\[0\].*1000 bytes/,
    },
    {
      what: "ModelInfer with negative sides",
      send: pixels([-1n, 3n, 112n, 112n], whole),
      code: wrong,
      says: /inputs\[0\]\.shape/,
    },
    {
      what: "ModelInfer with sides beyond all memory",
      send: pixels([1n << 31n, 1n << 31n, 1n << 31n, 1n], whole),
      code: wrong,
      says: /inputs\[0\]|raw_input_contents\[0\]/,
    },
    {
      what: "ModelInfer with a shape that the graph does not take",
      send: pixels([1n, 3n, 5n, 5n], new Uint8Array(300)),
      code: wrong,
      says: /inputs\[0\]\.shape|cannot be computed/,
    },
    {
      what: "ModelInfer of a whole model with a photo that is none",
      send: infer({
        modelName: "clip",
        inputs: [{ name: "photo", datatype: "BYTES", shape: [1n], contents: { bytesContents: [junk] } }],
      }),
      code: wrong,
      says: /photo|inputs\[0\]/,
    },
  ];
}

/** Streams, for every client that has them. */
export function streamCases(photo: Uint8Array): StreamCase[] {
  const caption = (init: MessageInitShape<typeof CaptionRequestSchema>) => (transport: Transport) =>
    drained(createClient(EncoderService, transport).caption(init, DEADLINE));
  const encode =
    (...requests: MessageInitShape<typeof EncodeStreamRequestSchema>[]) =>
    async (transport: Transport) => {
      async function* all() {
        yield* requests;
      }
      // A bad request ends only itself: its answer says what an error would.
      for await (const { result } of createClient(EncoderService, transport).encodeStream(all(), DEADLINE)) {
        if (result.case === "refused") throw new ConnectError(result.value.message, CODES[result.value.code]);
      }
    };
  const text = { input: { case: "text", value: "hat" } } as const;
  const wrong = Code.InvalidArgument;
  return [
    { what: "Caption no photo", send: caption({}), code: wrong, says: /photo/ },
    { what: "Caption what is no photo", send: caption({ photo: junk }), code: wrong, says: /photo.*not an image/ },
    { what: "Caption an SVG bomb", send: caption({ photo: svgBomb }), code: wrong, says: /photo.*(svg|jpeg)/i },
    {
      what: "Caption half a photo",
      send: caption({ photo: photo.subarray(0, photo.length / 2) }),
      code: wrong,
      says: /photo.*(truncated|damaged)/,
    },
    {
      what: "Caption 11 MB",
      send: caption({ photo: new Uint8Array(11 * 1024 * 1024) }),
      code: wrong,
      says: /photo/,
    },
    { what: "Caption with 9 beams", send: caption({ photo, beamWidth: 9 }), code: wrong, says: /beam_width/ },
    { what: "Caption with 513 tokens", send: caption({ photo, maxTokens: 513 }), code: wrong, says: /max_tokens/ },
    {
      what: "Caption with a penalty that is no number",
      send: caption({ photo, lengthPenalty: Number.NaN }),
      code: wrong,
      says: /length_penalty/,
    },
    {
      what: "Caption with an unknown model",
      send: caption({ photo, model: "gpt" }),
      code: Code.NotFound,
      says: /gpt.*clip/,
    },
    {
      what: "Caption with a model that does not",
      send: caption({ photo, model: "clip" }),
      code: Code.FailedPrecondition,
      says: /those are: blip/,
    },
    { what: "EncodeStream: no request", send: encode({ key: "a" }), code: wrong, says: /request/, bidi: true },
    {
      what: "EncodeStream: what is no photo, after a good one",
      send: encode({ key: "a", request: text }, { key: "b", request: { input: { case: "photo", value: junk } } }),
      code: wrong,
      says: /photo.*not an image/,
      bidi: true,
    },
    {
      what: "EncodeStream: a text of 1,001 letters",
      send: encode({ request: { input: { case: "text", value: "x".repeat(1001) } } }),
      code: wrong,
      says: /request\.text/,
      bidi: true,
    },
    {
      what: "EncodeStream: an unknown model",
      send: encode({ request: { ...text, models: ["gpt"] } }),
      code: Code.NotFound,
      says: /gpt.*clip/,
      bidi: true,
    },
    {
      what: "EncodeStream: a key of 1,025 letters",
      send: encode({ key: "k".repeat(1025), request: text }),
      code: wrong,
      says: /key/,
      bidi: true,
    },
  ];
}

/** For operators, who reach ActivateModel. */
export const operatorCases: {
  what: string;
  request: MessageInitShape<typeof ActivateModelRequestSchema>;
  code: Code;
  says: RegExp;
}[] = [
  { what: "no name", request: { revision: "1" }, code: Code.InvalidArgument, says: /name/ },
  { what: "no revision", request: { name: "clip" }, code: Code.InvalidArgument, says: /revision/ },
  {
    what: "a name of 65 letters",
    request: { name: "c".repeat(65), revision: "1" },
    code: Code.InvalidArgument,
    says: /name/,
  },
  { what: "an unknown name", request: { name: "gpt", revision: "1" }, code: Code.NotFound, says: /gpt.*clip/ },
  { what: "a way out", request: { name: "..", revision: ".." }, code: Code.NotFound, says: /"\.\.".*clip/ },
  {
    what: "an unknown revision",
    request: { name: "clip", revision: "9" },
    code: Code.NotFound,
    says: /"9" of clip; known are 1/,
  },
  {
    what: "a share of 101 %",
    request: { name: "clip", revision: "1", canaryPercent: 101 },
    code: Code.InvalidArgument,
    says: /canary_percent/,
  },
  {
    what: "what is active as a canary",
    request: { name: "clip", revision: "1", canaryPercent: 5 },
    code: Code.FailedPrecondition,
    says: /clip\/1 is active already/,
  },
];

const CODES: Record<string, Code> = { invalid_argument: Code.InvalidArgument, not_found: Code.NotFound };

async function drained(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

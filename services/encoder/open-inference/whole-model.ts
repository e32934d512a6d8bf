import type { ModelInferRequest } from "../../../gen/inference/open_inference_grpc_pb.ts";
import { invalidArgument, unavailable } from "../../kit/errors.ts";
import { mapInOrder } from "../../kit/map-in-order.ts";
import { floatsFromBytes } from "../../kit/vector.ts";
import type { Encoder } from "../encoder.ts";
import type { ArrayTensor } from "../inference/inference.ts";
import type { Model } from "../model.ts";
import { PhotoRefusedError } from "../preprocessing/photo-decoder.ts";
import type { EncoderCall } from "../run-call.ts";
import { inputsOf, readBytes } from "./read-input.ts";

/** Most photos or texts of one request. */
export const MOST_ITEMS = 64;
/** Most characters of a text, as in EncoderService. */
const MOST_CHARACTERS = 1000;
/** Photos or texts of one request that are worked on at a time. */
const PARALLEL = 16;
/** The only output. */
export const EMBEDDING = "embedding";

/** The inputs that a model takes, of which a request has one. */
export function wholeInputs(model: Model): string[] {
  return [...(model.embedsPhotos ? ["photo"] : []), ...(model.embedsText ? ["text"] : [])];
}

/**
 * Embed the photos or texts of a request: FP32 [n, dimensions].
 * @throws INVALID_ARGUMENT for inputs of other names or types, and for a photo or text that is wrong.
 */
export async function inferWhole(
  model: Model,
  encoder: Encoder,
  request: ModelInferRequest,
  call: EncoderCall,
): Promise<[string, ArrayTensor][]> {
  const known = wholeInputs(model);
  const [input, ...others] = inputsOf(request);
  if (!input || others.length > 0 || !known.includes(input.tensor.name)) {
    const got = request.inputs.map(({ name }) => JSON.stringify(name)).join(", ") || "nothing";
    throw invalidArgument(
      "inputs",
      `are ${got}, expected one of ${known.join(", ")}; raw tensors go to ${model.name}/<graph>`,
    );
  }
  for (const [i, { name }] of request.outputs.entries()) {
    if (name === EMBEDDING && i === 0) continue;
    throw invalidArgument(`outputs[${i}].name`, `is ${JSON.stringify(name)}, expected "${EMBEDDING}" once`);
  }
  const isPhoto = input.tensor.name === "photo";
  const items = readBytes(input, MOST_ITEMS);
  const texts = isPhoto ? [] : items.map((item, i) => readText(item, `${input.valueField}[${i}]`));
  const embed = async (i: number) => {
    const answers = isPhoto
      ? (await encoder.encodePhoto(items[i] ?? new Uint8Array(), [model], undefined, call).catch(named(i))).answers
      : await encoder.encodeText(texts[i] ?? "", [model], call);
    const vector = answers[0]?.embeddings[0]?.vector;
    if (!vector) throw unavailable(`no model can answer: ${model.name}`);
    return floatsFromBytes(vector);
  };
  const data = new Float32Array(items.length * model.dimensions);
  let row = 0;
  for await (const vector of mapInOrder(positions(items.length), PARALLEL, embed)) {
    data.set(vector, row++ * model.dimensions);
  }
  return [[EMBEDDING, { type: "float32", dims: [items.length, model.dimensions], data }]];
}

async function* positions(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}

/** Says which photo it was. */
function named(position: number) {
  return (error: unknown): never => {
    throw error instanceof PhotoRefusedError ? invalidArgument(`photo ${position}`, error.message) : error;
  };
}

function readText(bytes: Uint8Array, field: string): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalidArgument(field, "is not valid UTF-8");
  }
  const { length } = [...text];
  if (length >= 1 && length <= MOST_CHARACTERS) return text;
  throw invalidArgument(field, `has ${length} characters, expected 1 to ${MOST_CHARACTERS}`);
}

import type {
  InferTensorContents,
  ModelInferRequest,
  ModelInferRequest_InferInputTensor,
} from "../../../gen/inference/open_inference_grpc_pb.ts";
import { invalidArgument } from "../../kit/errors.ts";
import type { ArrayTensor } from "../inference/inference.ts";
import { type Datatype, tensorFromBytes, WIDTHS } from "./datatypes.ts";

/** One input of a request: what it is called, its values where they are, and its place for error messages. */
export interface Input {
  tensor: ModelInferRequest_InferInputTensor;
  /** From raw_input_contents. */
  raw: Uint8Array | undefined;
  /** "inputs[0]" */
  field: string;
  /** "inputs[0]", or "raw_input_contents[0]" if the values are there. */
  valueField: string;
}

/**
 * The inputs of a request with their values.
 * @throws INVALID_ARGUMENT when a name comes twice, or values are missing or are there twice.
 */
export function inputsOf({ inputs, rawInputContents }: ModelInferRequest): Input[] {
  const isRaw = rawInputContents.length > 0;
  if (isRaw && rawInputContents.length !== inputs.length) {
    throw invalidArgument(
      "raw_input_contents",
      `has ${rawInputContents.length} items for ${inputs.length} inputs, expected one each`,
    );
  }
  return inputs.map((tensor, i) => {
    const field = `inputs[${i}]`;
    if (inputs.findIndex(({ name }) => name === tensor.name) !== i) {
      throw invalidArgument(`${field}.name`, `${JSON.stringify(tensor.name)} comes twice, expected each input once`);
    }
    if (isRaw && tensor.contents) {
      throw invalidArgument(`${field}.contents`, "is set beside raw_input_contents, expected one of them");
    }
    return {
      tensor,
      raw: rawInputContents[i],
      field,
      valueField: isRaw ? `raw_input_contents[${i}]` : `${field}.contents`,
    };
  });
}

/**
 * A shape of whole numbers from 1.
 * @throws INVALID_ARGUMENT
 */
export function shapeOf({ tensor, field }: Input): number[] {
  const shape = tensor.shape.map(Number);
  if (shape.length > 0 && shape.every((side) => side >= 1 && side <= 2 ** 31)) return shape;
  throw invalidArgument(`${field}.shape`, `is [${tensor.shape.join(", ")}], expected dimensions from 1`);
}

/**
 * The numbers of an input.
 * @throws INVALID_ARGUMENT when they are not as many as the shape says, or out of the type's range.
 */
export function readNumbers(input: Input, datatype: Datatype): ArrayTensor {
  const dims = shapeOf(input);
  const count = dims.reduce((product, side) => product * side, 1);
  const { raw, valueField } = input;
  if (raw) {
    const expected = count * WIDTHS[datatype];
    if (raw.length !== expected) {
      const what = `${datatype} [${dims.join(", ")}]`;
      throw invalidArgument(valueField, `has ${raw.length} bytes, expected ${expected} for ${what}`);
    }
    return tensorFromBytes(datatype, dims, raw);
  }
  const { contents } = input.tensor;
  switch (datatype) {
    case "FP32":
      return { type: "float32", dims, data: Float32Array.from(values(input, contents, "fp32Contents", count)) };
    case "INT64":
      return { type: "int64", dims, data: BigInt64Array.from(values(input, contents, "int64Contents", count)) };
    case "INT32":
      return { type: "int32", dims, data: Int32Array.from(values(input, contents, "intContents", count)) };
    case "UINT8": {
      const given = values(input, contents, "uintContents", count);
      const wrong = given.find((value) => value > 255);
      if (wrong !== undefined) throw invalidArgument(valueField, `holds ${wrong}, expected UINT8 values up to 255`);
      return { type: "uint8", dims, data: Uint8Array.from(given) };
    }
  }
}

/**
 * The items of a BYTES input, [n] or [n, 1].
 * @throws INVALID_ARGUMENT when there are more than `most`, or they are not as many as the shape says.
 */
export function readBytes(input: Input, most: number): Uint8Array[] {
  const { tensor, raw, field, valueField } = input;
  if (tensor.datatype !== "BYTES") {
    throw invalidArgument(`${field}.datatype`, `is ${JSON.stringify(tensor.datatype)}, expected "BYTES"`);
  }
  const [count = 0, ...rest] = shapeOf(input);
  if (rest.length > 1 || rest.some((side) => side !== 1)) {
    throw invalidArgument(`${field}.shape`, `is [${tensor.shape.join(", ")}], expected [n] or [n, 1]`);
  }
  if (count > most) throw invalidArgument(`${field}.shape`, `is for ${count} items, expected at most ${most}`);
  if (!raw) return values(input, tensor.contents, "bytesContents", count);
  const items = itemsOf(raw);
  if (items?.length === count) return items;
  const got = items ? `${items.length} items` : "a length that its bytes do not have";
  throw invalidArgument(
    valueField,
    `holds ${got}, expected ${count} items, each behind its length (4 bytes, little-endian)`,
  );
}

type Contents = Omit<InferTensorContents, "$typeName" | "$unknown">;

const FIELDS: Partial<Record<keyof Contents, string>> = {
  fp32Contents: "fp32_contents",
  int64Contents: "int64_contents",
  intContents: "int_contents",
  uintContents: "uint_contents",
  bytesContents: "bytes_contents",
};

function values<K extends keyof Contents>(
  { valueField }: Input,
  contents: InferTensorContents | undefined,
  field: K,
  count: number,
): Contents[K] {
  const given = contents?.[field] ?? ([] as unknown as Contents[K]);
  if (given.length === count) return given;
  throw invalidArgument(
    `${valueField}.${FIELDS[field]}`,
    `has ${given.length} values, expected ${count} for the shape`,
  );
}

/** Length-prefixed items; undefined when the lengths do not add up. */
function itemsOf(raw: Uint8Array): Uint8Array[] | undefined {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const items: Uint8Array[] = [];
  for (let at = 0; at < raw.length; ) {
    if (at + 4 > raw.length) return undefined;
    const end = at + 4 + view.getUint32(at, true);
    if (end > raw.length) return undefined;
    items.push(raw.subarray(at + 4, end));
    at = end;
  }
  return items;
}

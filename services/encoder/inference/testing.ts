import { fileURLToPath } from "node:url";

/** The project's own model pack. */
export const MODELS = fileURLToPath(new URL("../../../models", import.meta.url));

export interface ConstantModelOptions {
  opset?: number;
  /** So many zeros come out, instead of what went in. */
  elements?: bigint;
  /** Names and rank of a photo graph, pixel_values to image_embeds, instead of a vector x to a vector y. */
  like?: "vector" | "vision";
}

/**
 * An ONNX file without weights that gives back what it takes. Written by hand after onnx.proto:
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function constantModel({ opset = 17, elements, like = "vector" }: ConstantModelOptions = {}): Uint8Array {
  const [input, output] = like === "vector" ? (["x", "y"] as const) : (["pixel_values", "image_embeds"] as const);
  const identity = node([input], output, "Identity");
  const zeros = node(["shape"], output, "ConstantOfShape");
  const graph = message(
    field(1, elements === undefined ? identity : zeros),
    field(2, text("g")),
    ...(elements === undefined ? [] : [field(5, int64Tensor("shape", elements))]),
    field(11, floats(input, like === "vector" ? ["n"] : ["batch", "planes", "height", "width"])),
    field(12, floats(output, like === "vector" ? ["n"] : ["batch", "dimensions"])),
  );
  return message(number(1, 8n), field(7, graph), field(8, message(number(2, BigInt(opset)))));
}

function node(inputs: string[], output: string, operator: string): Uint8Array {
  return message(...inputs.map((input) => field(1, text(input))), field(2, text(output)), field(4, text(operator)));
}

function floats(name: string, dims: string[]): Uint8Array {
  const shape = message(...dims.map((dim) => field(1, message(field(2, text(dim))))));
  return message(field(1, text(name)), field(2, message(field(1, message(number(1, 1n), field(2, shape))))));
}

function int64Tensor(name: string, value: bigint): Uint8Array {
  const raw = new Uint8Array(BigInt64Array.of(value).buffer);
  return message(number(1, 1n), number(2, 7n), field(8, text(name)), field(9, raw));
}

function message(...fields: Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

function number(id: number, value: bigint): Uint8Array {
  return message(varint(BigInt(id << 3)), varint(value));
}

function field(id: number, bytes: Uint8Array): Uint8Array {
  return message(varint(BigInt((id << 3) | 2)), varint(BigInt(bytes.length)), bytes);
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; bytes.length === 0 || rest > 0n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push((bytes.pop() ?? 0) & 127);
  return Uint8Array.from(bytes);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

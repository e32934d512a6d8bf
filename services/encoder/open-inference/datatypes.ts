import type { ArrayTensor } from "../inference/inference.ts";

/** Types of numbers that the Encoder's graphs take and give, as the Open Inference Protocol calls them. */
export type Datatype = "FP32" | "INT64" | "INT32" | "UINT8";

const NAMES: Record<Exclude<ArrayTensor["type"], "pixels">, Datatype> = {
  float32: "FP32",
  int64: "INT64",
  int32: "INT32",
  uint8: "UINT8",
};

/** Bytes of one number. */
export const WIDTHS: Record<Datatype, number> = { FP32: 4, INT64: 8, INT32: 4, UINT8: 1 };

/** The protocol's name of an element type of ONNX Runtime; undefined for one that is not spoken here. */
export function datatypeOf(type: string): Datatype | undefined {
  return (NAMES as Record<string, Datatype | undefined>)[type];
}

/** A tensor over a copy of little-endian bytes, row-major; they must be as many as the shape says. */
export function tensorFromBytes(datatype: Datatype, dims: number[], bytes: Uint8Array): ArrayTensor {
  const { buffer } = bytes.slice();
  switch (datatype) {
    case "FP32":
      return { type: "float32", dims, data: new Float32Array(buffer) };
    case "INT64":
      return { type: "int64", dims, data: new BigInt64Array(buffer) };
    case "INT32":
      return { type: "int32", dims, data: new Int32Array(buffer) };
    case "UINT8":
      return { type: "uint8", dims, data: new Uint8Array(buffer) };
  }
}

/** A tensor's values as little-endian bytes, row-major, not copied. */
export function bytesOfTensor({ data }: ArrayTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

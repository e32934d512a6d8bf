import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./gen/onnx_pb.ts";

/** A fixed length, or the name of one that is free. */
export type Dimension = number | string;

export type Values = Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;

export type Attributes = Record<string, AttributeValue>;
export type AttributeValue = { int: number } | { float: number } | { ints: readonly number[] };

/** Operators as of ONNX 1.12: LayerNormalization is the newest that is used. */
const OPSET = 17n;
const IR_VERSION = 8n;

/** Writes one ONNX graph; values are named by what made them, so that a graph reads in any viewer. */
export class GraphBuilder {
  readonly #name: string;
  readonly #nodes: NodeProto[] = [];
  readonly #weights = new Map<string, TensorProto>();
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, type: "float32" | "int64", dims: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type === "int64" ? DataType.INT64 : DataType.FLOAT, dims));
    return name;
  }

  /** A constant; the same name twice is the same constant. */
  weight(name: string, dims: readonly number[], values: Values): string {
    const count = dims.reduce((a, b) => a * b, 1);
    if (values.length !== count) {
      throw new RangeError(`expected ${count} values for ${name} [${dims.join(", ")}], got ${values.length}`);
    }
    if (!this.#weights.has(name)) this.#weights.set(name, tensor(name, dims, values));
    return name;
  }

  /** A constant list of whole numbers, for shapes, axes and positions. */
  int64s(values: readonly number[]): string {
    return this.weight(`int64[${values.join(",")}]`, [values.length], BigInt64Array.from(values, BigInt));
  }

  /** One operator; @returns the name of its first output. */
  node(opType: string, inputs: readonly string[], attributes: Attributes = {}, outputs = 1): string {
    return this.nodes(opType, inputs, attributes, outputs)[0] as string;
  }

  /** One operator with several outputs. */
  nodes(opType: string, inputs: readonly string[], attributes: Attributes, outputs: number): string[] {
    const name = `${opType}_${this.#nodes.length}`;
    const output = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}:${i}`));
    const attribute = Object.entries(attributes).map(([key, value]) => toAttribute(key, value));
    this.#nodes.push(create(NodeProtoSchema, { name, opType, input: [...inputs], output, attribute }));
    return output;
  }

  /** Give a value out under this name, float32. */
  output(name: string, value: string, dims: readonly Dimension[]): void {
    this.#nodes.push(create(NodeProtoSchema, { name, opType: "Identity", input: [value], output: [name] }));
    this.#outputs.push(valueInfo(name, DataType.FLOAT, dims));
  }

  /** The bytes of a `.onnx` file. */
  toFile(): Uint8Array {
    const graph = create(GraphProtoSchema, {
      name: this.#name,
      node: this.#nodes,
      initializer: [...this.#weights.values()],
      input: this.#inputs,
      output: this.#outputs,
    });
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: IR_VERSION,
        producerName: "flashfit-mesh",
        graph,
        opsetImport: [{ domain: "", version: OPSET }],
      }),
    );
  }
}

function valueInfo(name: string, elemType: DataType, dims: readonly Dimension[]): ValueInfoProto {
  const dim = dims.map((length) => ({
    value:
      typeof length === "number"
        ? ({ case: "dimValue", value: BigInt(length) } as const)
        : ({ case: "dimParam", value: length } as const),
  }));
  return create(ValueInfoProtoSchema, { name, type: { tensorType: { elemType, shape: { dim } } } });
}

function tensor(name: string, dims: readonly number[], values: Values): TensorProto {
  // Every machine that onnxruntime runs on is little-endian, as the format is.
  const rawData = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: dataTypeOf(values), rawData });
}

function dataTypeOf(values: Values): DataType {
  if (values instanceof Float32Array) return DataType.FLOAT;
  if (values instanceof Int8Array) return DataType.INT8;
  if (values instanceof Uint8Array) return DataType.UINT8;
  return values instanceof Int32Array ? DataType.INT32 : DataType.INT64;
}

function toAttribute(name: string, value: AttributeValue): AttributeProto {
  if ("int" in value) return create(AttributeProtoSchema, { name, i: BigInt(value.int), type: AttributeType.INT });
  if ("float" in value) return create(AttributeProtoSchema, { name, f: value.float, type: AttributeType.FLOAT });
  return create(AttributeProtoSchema, { name, ints: value.ints.map(BigInt), type: AttributeType.INTS });
}

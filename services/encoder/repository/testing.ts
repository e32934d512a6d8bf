import { fileURLToPath } from "node:url";

/** The project's own model pack. */
export const MODELS = fileURLToPath(new URL("../../../models", import.meta.url));

type Dims = (number | string)[];
type Value = [name: string, elementType: number, dims: Dims];

const FLOAT32 = 1;
const INT64 = 7;

/** A vision graph that runs: the mean of each colour plane as `output`, [batch, 3]. */
export function tinyVision(output = "image_embeds"): Uint8Array {
  return model({
    inputs: [["pixel_values", FLOAT32, ["batch_size", 3, "height", "width"]]],
    outputs: [[output, FLOAT32, ["batch_size", 3]]],
    nodes: [node("GlobalAveragePool", ["pixel_values"], ["pooled"]), node("Flatten", ["pooled"], [output])],
  });
}

/** A text graph that runs: the mean of the ids as `output`, [batch, 1]; more inputs than ids are taken and ignored. */
export function tinyText(output = "text_embeds", inputs: string[] = ["input_ids"], length: string | number = "length") {
  return model({
    inputs: inputs.map((name): Value => [name, INT64, ["batch_size", length]]),
    outputs: [[output, FLOAT32, ["batch_size", 1]]],
    nodes: [
      node("Cast", ["input_ids"], ["floats"], [attribute("to", { int: FLOAT32 })]),
      node("ReduceMean", ["floats"], [output], [attribute("axes", { ints: [1] }), attribute("keepdims", { int: 1 })]),
    ],
  });
}

/** A graph with these inputs and outputs and one node, which says nothing sensible: for what is refused before a run. */
export function shellGraph(inputs: Value[], outputs: Value[]): Uint8Array {
  return model({ inputs, outputs, nodes: [node("Identity", [inputs[0]?.[0] ?? ""], [outputs[0]?.[0] ?? ""])] });
}

function model({ inputs, outputs, nodes }: { inputs: Value[]; outputs: Value[]; nodes: Uint8Array[] }): Uint8Array {
  const graph = [
    ...nodes.map((bytes) => field(1, bytes)),
    field(2, "tiny"),
    ...inputs.map((value) => field(11, valueInfo(value))),
    ...outputs.map((value) => field(12, valueInfo(value))),
  ];
  return concat([field(1, 8), field(8, concat([field(1, ""), field(2, 13)])), field(7, concat(graph))]);
}

function valueInfo([name, elementType, dims]: Value): Uint8Array {
  const shape = dims.map((dim) => field(1, typeof dim === "number" ? field(1, dim) : field(2, dim)));
  const tensor = concat([field(1, elementType), field(2, concat(shape))]);
  return concat([field(1, name), field(2, field(1, tensor))]);
}

function node(type: string, inputs: string[], outputs: string[], attributes: Uint8Array[] = []): Uint8Array {
  return concat([
    ...inputs.map((name) => field(1, name)),
    ...outputs.map((name) => field(2, name)),
    field(4, type),
    ...attributes.map((bytes) => field(5, bytes)),
  ]);
}

function attribute(name: string, value: { int?: number; ints?: number[] }): Uint8Array {
  const { int, ints = [] } = value;
  const body = int === undefined ? [...ints.map((n) => field(8, n)), field(20, 7)] : [field(3, int), field(20, 2)];
  return concat([field(1, name), ...body]);
}

/** One protobuf field: a number as varint, text and bytes with their length. */
function field(number: number, value: number | string | Uint8Array): Uint8Array {
  if (typeof value === "number") return concat([varint(number << 3), varint(value)]);
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function concat(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

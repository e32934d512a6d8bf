import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  ModelInferRequest,
  ModelMetadataResponse_TensorMetadataSchema,
} from "../../../gen/inference/open_inference_grpc_pb.ts";
import { invalidArgument } from "../../kit/errors.ts";
import type { ArrayTensor, GraphSignature, Inference } from "../inference/inference.ts";
import type { EncoderCall } from "../run-call.ts";
import { type Datatype, datatypeOf } from "./datatypes.ts";
import { type Input, inputsOf, readNumbers } from "./read-input.ts";

/** A tensor of a graph; free dimensions are -1. */
export interface GraphTensor {
  name: string;
  datatype: Datatype;
  shape: number[];
}

/** The tensors of these names that can be spoken of in the protocol. */
export function tensorsOf({ shapes, types }: GraphSignature, names: readonly string[]): GraphTensor[] {
  return names.flatMap((name) => {
    const datatype = datatypeOf(types?.[name] ?? "float32");
    const shape = (shapes?.[name] ?? []).map((side) => (typeof side === "number" && side >= 0 ? side : -1));
    return datatype ? [{ name, datatype, shape }] : [];
  });
}

export function toTensorMetadata({
  name,
  datatype,
  shape,
}: GraphTensor): MessageInitShape<typeof ModelMetadataResponse_TensorMetadataSchema> {
  return { name, datatype, shape: shape.map(BigInt) };
}

/**
 * Run one graph once with the tensors of a request; its outputs in the order asked for, or all.
 * @throws INVALID_ARGUMENT for tensors that do not fit the graph.
 */
export async function inferGraph(
  inference: Inference,
  graph: string,
  request: ModelInferRequest,
  call: EncoderCall,
): Promise<[string, ArrayTensor][]> {
  const signature = inference.graphs[graph] ?? { inputs: [], outputs: [] };
  const feeds = readFeeds(tensorsOf(signature, signature.inputs), inputsOf(request));
  const fetches = readFetches(tensorsOf(signature, signature.outputs), request);
  const outputs = await inference.run(graph, feeds, fetches, call);
  return fetches.map((name) => [name, outputs[name] as ArrayTensor]);
}

function readFeeds(tensors: GraphTensor[], inputs: Input[]): Record<string, ArrayTensor> {
  const names = tensors.map(({ name }) => name);
  const missing = names.filter((name) => !inputs.some(({ tensor }) => tensor.name === name));
  if (missing.length > 0) {
    const got = inputs.map(({ tensor }) => JSON.stringify(tensor.name)).join(", ") || "none";
    throw invalidArgument("inputs", `lacks ${missing.join(", ")}, expected ${names.join(", ")}, got ${got}`);
  }
  const feeds = inputs.map((input): [string, ArrayTensor] => {
    const { name, datatype, shape } = input.tensor;
    const known = tensors.find((tensor) => tensor.name === name);
    if (!known) {
      throw invalidArgument(`${input.field}.name`, `is ${JSON.stringify(name)}, expected one of ${names.join(", ")}`);
    }
    if (datatype !== known.datatype) {
      const got = JSON.stringify(datatype);
      throw invalidArgument(`${input.field}.datatype`, `is ${got}, expected "${known.datatype}" for ${name}`);
    }
    const sides = known.shape;
    const fits =
      shape.length === sides.length && shape.every((side, i) => sides[i] === -1 || Number(side) === sides[i]);
    if (sides.length > 0 && !fits) {
      const got = `[${shape.join(", ")}]`;
      throw invalidArgument(`${input.field}.shape`, `is ${got}, expected [${sides.join(", ")}] for ${name} (-1: any)`);
    }
    return [name, readNumbers(input, known.datatype)];
  });
  requireSameBatch(feeds);
  return Object.fromEntries(feeds);
}

function requireSameBatch(feeds: [string, ArrayTensor][]): void {
  const batches = feeds.map(([name, { dims }]) => `${name} ${dims[0]}`);
  if (new Set(feeds.map(([, { dims }]) => dims[0])).size > 1) {
    throw invalidArgument("inputs", `differ in their first dimension (${batches.join(", ")}), expected one batch`);
  }
}

function readFetches(tensors: GraphTensor[], { outputs }: ModelInferRequest): string[] {
  const names = tensors.map(({ name }) => name);
  if (outputs.length === 0) return names;
  return outputs.map(({ name }, i) => {
    if (!names.includes(name)) {
      throw invalidArgument(`outputs[${i}].name`, `is ${JSON.stringify(name)}, expected one of ${names.join(", ")}`);
    }
    if (outputs.findIndex((output) => output.name === name) !== i) {
      throw invalidArgument(`outputs[${i}].name`, `${JSON.stringify(name)} comes twice, expected each output once`);
    }
    return name;
  });
}

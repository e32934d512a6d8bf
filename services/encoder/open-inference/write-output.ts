import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  InferTensorContentsSchema,
  ModelInferRequest,
  ModelInferResponseSchema,
} from "../../../gen/inference/open_inference_grpc_pb.ts";
import type { ArrayTensor } from "../inference/inference.ts";
import { bytesOfTensor, datatypeOf } from "./datatypes.ts";

/** The answer to a request: raw bytes if it sent such, else numbers. */
export function toInferResponse(
  { id, rawInputContents }: ModelInferRequest,
  { name, version }: { name: string; version: string },
  outputs: [name: string, tensor: ArrayTensor][],
): MessageInitShape<typeof ModelInferResponseSchema> {
  const isRaw = rawInputContents.length > 0;
  return {
    modelName: name,
    modelVersion: version,
    id,
    outputs: outputs.map(([name, tensor]) => ({
      name,
      datatype: datatypeOf(tensor.type) as string,
      shape: tensor.dims.map(BigInt),
      ...(isRaw ? {} : { contents: contentsOf(tensor) }),
    })),
    rawOutputContents: isRaw ? outputs.map(([, tensor]) => bytesOfTensor(tensor)) : [],
  };
}

function contentsOf(tensor: ArrayTensor): MessageInitShape<typeof InferTensorContentsSchema> {
  switch (tensor.type) {
    case "float32":
      return { fp32Contents: [...tensor.data] };
    case "int64":
      return { int64Contents: [...tensor.data] };
    case "int32":
      return { intContents: [...tensor.data] };
    case "uint8":
    case "pixels": // never comes out of a graph
      return { uintContents: [...tensor.data] };
  }
}

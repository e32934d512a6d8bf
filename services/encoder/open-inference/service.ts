import { ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { Priority } from "../../../gen/flashfit/encoder/v1/encoder_pb.ts";
import type { GRPCInferenceService, ModelInferRequest } from "../../../gen/inference/open_inference_grpc_pb.ts";
import { invalidArgument, notFound } from "../../kit/errors.ts";
import type { Encoder } from "../encoder.ts";
import { InferenceLostError } from "../inference/errors.ts";
import type { Model } from "../model.ts";
import type { ModelSet } from "../model-set.ts";
import { refusalReason, refusing } from "../refusals.ts";
import { type EncoderCall, runCallOf } from "../run-call.ts";
import { inferGraph, tensorsOf, toTensorMetadata } from "./graph-model.ts";
import { EMBEDDING, inferWhole, wholeInputs } from "./whole-model.ts";
import { toInferResponse } from "./write-output.ts";

export interface OpenInferenceOptions {
  models: ModelSet;
  encoder: Encoder;
  /** Version of this server. */
  version: string;
}

/** What a name of the protocol means: a whole model, or one graph of it. */
interface Target {
  model: Model;
  graph: string | undefined;
}

/** Answer the Open Inference Protocol with the Encoder's models. */
export function createOpenInferenceService(options: OpenInferenceOptions): ServiceImpl<typeof GRPCInferenceService> {
  const { models, encoder, version } = options;
  return {
    serverLive: () => ({ live: true }),
    serverReady: () => ({ ready: models.all.every(({ name }) => models.get(name)?.kind === "loaded") }),
    serverMetadata: () => ({ name: "flashfit-encoder", version, extensions: [] }),

    modelReady({ name, version }) {
      return { ready: typeof find(models, name, version) !== "string" };
    },

    modelMetadata({ name, version }) {
      const { model, graph } = requireTarget(models, name, version);
      const versions = [model.revision];
      if (graph === undefined) {
        const bytes = (name: string) => ({ name, datatype: "BYTES", shape: [-1n] });
        const embedding = { name: EMBEDDING, datatype: "FP32", shape: [-1n, BigInt(model.dimensions)] };
        return { name, versions, platform: "flashfit", inputs: wholeInputs(model).map(bytes), outputs: [embedding] };
      }
      const signature = model.inference.graphs[graph] ?? { inputs: [], outputs: [] };
      const inputs = tensorsOf(signature, signature.inputs).map(toTensorMetadata);
      const outputs = tensorsOf(signature, signature.outputs).map(toTensorMetadata);
      return { name, versions, platform: "onnx_onnxv1", inputs, outputs };
    },

    modelInfer: (request, { signal }) => models.hold(() => infer(request, signal)),
  };

  async function infer(request: ModelInferRequest, signal: AbortSignal) {
    const { model, graph } = requireTarget(models, request.modelName, request.modelVersion);
    const call = runCallOf(signal, Priority.INTERACTIVE);
    const work =
      graph === undefined ? inferWhole(model, encoder, request, call) : runGraph(model, graph, request, call);
    return toInferResponse(request, { name: request.modelName, version: model.revision }, await refusing(work));
  }
}

/** A graph that fails on tensors of the right shape was given wrong numbers: an id beyond its vocabulary, say. */
async function runGraph(model: Model, graph: string, request: ModelInferRequest, call: EncoderCall) {
  try {
    return await inferGraph(model.inference, graph, request, call);
  } catch (error) {
    if (error instanceof ConnectError || error instanceof InferenceLostError) throw error;
    if (call.signal.aborted || refusalReason(error) !== undefined) throw error;
    throw invalidArgument("inputs", `cannot be computed: ${error instanceof Error ? error.message : error}`);
  }
}

function requireTarget(models: ModelSet, name: string, version: string): Target {
  const target = find(models, name, version);
  if (typeof target === "string") throw notFound(target);
  return target;
}

/** What is meant, or why it is not there. */
function find(models: ModelSet, name: string, version: string): Target | string {
  const [base = "", ...path] = name.split("/");
  const known = models.get(base);
  const graph = path.length === 0 ? undefined : path.join("/");
  if (!known) return `model ${JSON.stringify(name)}; known are ${namesOf(models).join(", ")}`;
  if (known.kind !== "loaded") return `model ${JSON.stringify(name)} is not loaded: ${known.reason}`;
  const { model } = known;
  if (graph !== undefined && !(graph in model.inference.graphs)) {
    return `model ${JSON.stringify(name)}; known are ${namesOf(models).join(", ")}`;
  }
  if (version !== "" && version !== model.revision) {
    return `version ${JSON.stringify(version)} of ${name}; it is served as ${model.revision}`;
  }
  return { model, graph };
}

function namesOf(models: ModelSet): string[] {
  return models.loaded.flatMap(({ name, inference }) => [
    name,
    ...Object.keys(inference.graphs).map((graph) => `${name}/${graph}`),
  ]);
}

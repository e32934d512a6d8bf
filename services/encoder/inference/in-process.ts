import { InferenceSession, listSupportedBackends, Tensor } from "onnxruntime-node";
import { type ProviderPlan, planProviders, withProviders } from "./execution-providers.ts";
import type { ArrayTensor, GraphSignature, Inference, InferenceOptions, OpenInference } from "./inference.ts";
import { PixelPlanes } from "./pixel-planes.ts";
import { sessionOptions } from "./session-options.ts";

/**
 * Run graphs in this process with ONNX Runtime. A run holds the event loop, because the Node binding is synchronous,
 * and memory is not given back on close: good for tests and for the inside of an inference process.
 */
export const openInProcess: OpenInference = async (files, options) => (await openGraphs(files, options)).inference;

/**
 * As openInProcess; also says which execution providers are used, and why the others are not.
 * @throws Error with ONNX Runtime's words when a file is missing, corrupt, or of an opset that it does not know.
 */
export async function openGraphs(
  files: Record<string, string>,
  { threads, providers = [] }: InferenceOptions,
): Promise<{ inference: Inference; providers: ProviderPlan }> {
  const sessions = new Map<string, InferenceSession>();
  let plan = planProviders(
    providers,
    listSupportedBackends().map(({ name }) => name),
  );
  try {
    for (const [graph, file] of Object.entries(files)) {
      // What one graph could not use, the next is not opened with.
      const session = await withProviders(plan, (executionProviders) =>
        InferenceSession.create(file, sessionOptions({ threads, executionProviders })),
      );
      sessions.set(graph, session.opened);
      plan = session.plan;
    }
  } catch (error) {
    await release(sessions);
    throw error;
  }
  const graphs = Object.fromEntries([...sessions].map(([graph, session]) => [graph, signatureOf(session)]));
  const planes = new PixelPlanes();
  const run: Inference["run"] = async (graph, feeds, fetches, call) => {
    call?.signal?.throwIfAborted();
    const session = sessions.get(graph);
    if (!session) throw new RangeError(`expected one of the graphs ${[...sessions.keys()].join(", ")}, got ${graph}`);
    const tensors = Object.entries(feeds).map(([name, feed]) => [name, toTensor(feed, planes)]);
    const results = await session.run(Object.fromEntries(tensors), [...fetches]);
    return Object.fromEntries(fetches.map((name) => [name, toArrayTensor(name, results[name])]));
  };
  return { inference: { graphs, provider: plan.use[0], run, close: () => release(sessions) }, providers: plan };
}

function signatureOf({ inputNames, outputNames, inputMetadata, outputMetadata }: InferenceSession): GraphSignature {
  const tensors = [...inputMetadata, ...outputMetadata].flatMap((value) => (value.isTensor ? [value] : []));
  return {
    inputs: inputNames,
    outputs: outputNames,
    shapes: Object.fromEntries(tensors.map(({ name, shape }) => [name, shape])),
    types: Object.fromEntries(tensors.map(({ name, type }) => [name, type])),
  };
}

async function release(sessions: Map<string, InferenceSession>): Promise<void> {
  await Promise.all([...sessions.values()].map((session) => session.release()));
  sessions.clear();
}

/** A run holds the event loop to its end, so that one memory for pixels is enough. */
function toTensor(feed: ArrayTensor, planes: PixelPlanes): Tensor {
  return feed.type === "pixels"
    ? new Tensor("float32", planes.of(feed), feed.dims)
    : new Tensor(feed.type, feed.data, feed.dims);
}

function toArrayTensor(name: string, tensor: InferenceSession.OnnxValueMapType[string] | undefined): ArrayTensor {
  if (tensor instanceof Tensor) {
    const { dims, data } = tensor;
    if (data instanceof Float32Array) return { type: "float32", dims, data };
    if (data instanceof BigInt64Array) return { type: "int64", dims, data };
    if (data instanceof Int32Array) return { type: "int32", dims, data };
    if (tensor.type === "uint8" && data instanceof Uint8Array) return { type: "uint8", dims, data };
  }
  throw new TypeError(
    `expected float32, int64, int32 or uint8 values in output ${name}, got ${tensor?.type ?? "nothing"}`,
  );
}

import { InferenceSession, Tensor } from "onnxruntime-node";
import type { ArrayTensor, GraphSignature, OpenInference } from "./inference.ts";

/**
 * Run graphs in this process with ONNX Runtime. A run holds the event loop, because the Node binding is synchronous,
 * and memory is not given back on close: good for tests and for the inside of an inference process.
 */
export const openInProcess: OpenInference = async (files, { threads, providers = ["cpu"] }) => {
  const sessions = new Map<string, InferenceSession>();
  try {
    for (const [graph, file] of Object.entries(files)) sessions.set(graph, await openSession(file, threads, providers));
  } catch (error) {
    await release(sessions);
    throw error;
  }
  return {
    graphs: Object.fromEntries([...sessions].map(([graph, session]) => [graph, signatureOf(session)])),
    async run(graph, feeds, fetches, call) {
      call?.signal?.throwIfAborted();
      const session = sessions.get(graph);
      if (!session) throw new RangeError(`expected one of the graphs ${[...sessions.keys()].join(", ")}, got ${graph}`);
      const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)]);
      const results = await session.run(Object.fromEntries(tensors), [...fetches]);
      return Object.fromEntries(fetches.map((name) => [name, toArrayTensor(name, results[name])]));
    },
    close: () => release(sessions),
  };
};

function openSession(file: string, threads: number, providers: readonly string[]): Promise<InferenceSession> {
  return InferenceSession.create(file, {
    executionProviders: [...providers],
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // Spinning threads take the processor from the requests of others.
    extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
  });
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

import { InferenceSession, Tensor } from "onnxruntime-node";

/** A dense array as it goes into or comes out of a graph. */
export type ArrayTensor =
  | { type: "float32"; dims: readonly number[]; data: Float32Array }
  | { type: "int64"; dims: readonly number[]; data: BigInt64Array };

/** What a graph takes and gives, by name. */
export interface GraphSignature {
  inputs: readonly string[];
  outputs: readonly string[];
}

/** The graphs of one model version, ready to run; where they run is the implementation's affair. */
export interface Inference {
  /** By graph name: "vision", "text", "decoder". */
  readonly graphs: Readonly<Record<string, GraphSignature>>;
  /** Run one graph. Rejects when the graph fails; it is not told what the numbers mean. */
  run(
    graph: string,
    feeds: Record<string, ArrayTensor>,
    fetches: readonly string[],
  ): Promise<Record<string, ArrayTensor>>;
  close(): Promise<void>;
}

export interface InferenceOptions {
  /** Threads for one operator. */
  threads: number;
}

/** Opens the graphs of one model version: name → ONNX file. */
export type OpenInference = (files: Record<string, string>, options: InferenceOptions) => Promise<Inference>;

/**
 * Run graphs in this process with ONNX Runtime. A run holds the event loop, because the Node binding is synchronous:
 * good for models of milliseconds.
 */
export const openInProcess: OpenInference = async (files, { threads }) => {
  const sessions = new Map<string, InferenceSession>();
  try {
    for (const [graph, file] of Object.entries(files)) sessions.set(graph, await openSession(file, threads));
  } catch (error) {
    await release(sessions);
    throw error;
  }
  return {
    graphs: Object.fromEntries(
      [...sessions].map(([graph, { inputNames, outputNames }]) => [
        graph,
        { inputs: inputNames, outputs: outputNames },
      ]),
    ),
    async run(graph, feeds, fetches) {
      const session = sessions.get(graph);
      if (!session) throw new RangeError(`expected one of the graphs ${[...sessions.keys()].join(", ")}, got ${graph}`);
      const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)]);
      const results = await session.run(Object.fromEntries(tensors), [...fetches]);
      return Object.fromEntries(fetches.map((name) => [name, toArrayTensor(name, results[name])]));
    },
    close: () => release(sessions),
  };
};

function openSession(file: string, threads: number): Promise<InferenceSession> {
  return InferenceSession.create(file, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // Spinning threads take the processor from the requests of others.
    extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
  });
}

async function release(sessions: Map<string, InferenceSession>): Promise<void> {
  await Promise.all([...sessions.values()].map((session) => session.release()));
  sessions.clear();
}

function toArrayTensor(name: string, tensor: InferenceSession.OnnxValueMapType[string] | undefined): ArrayTensor {
  if (tensor instanceof Tensor && tensor.data instanceof Float32Array) {
    return { type: "float32", dims: tensor.dims, data: tensor.data };
  }
  throw new TypeError(`expected float32 values in output ${name}, got ${tensor?.type ?? "nothing"}`);
}

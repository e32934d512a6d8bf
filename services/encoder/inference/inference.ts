/** A dense array as it goes into or comes out of a graph. The first dimension is the batch. */
export type ArrayTensor =
  | { type: "float32"; dims: readonly number[]; data: Float32Array }
  | { type: "int64"; dims: readonly number[]; data: BigInt64Array }
  | { type: "int32"; dims: readonly number[]; data: Int32Array }
  | { type: "uint8"; dims: readonly number[]; data: Uint8Array }
  | PixelArray;

/**
 * Photographs on their way into a graph that takes float32 planes [n, 3, height, width], which are `dims`: still 8-bit RGB,
 * pixel by pixel, a quarter of the bytes to stack and to send. Whoever runs the graph makes value × scale + shift of them.
 */
export interface PixelArray {
  type: "pixels";
  dims: readonly number[];
  data: Uint8Array;
  /** Red, green, blue. */
  scale: readonly [number, number, number];
  shift: readonly [number, number, number];
}

/** What a graph takes and gives, by name. */
export interface GraphSignature {
  inputs: readonly string[];
  outputs: readonly string[];
  /** Dimensions of inputs and outputs, where the graph says them: a number is fixed, a word is free ("batch"). */
  shapes?: Readonly<Record<string, readonly (number | string)[]>>;
  /** Element type of inputs and outputs in ONNX Runtime's words: "float32", "int64", "uint8". */
  types?: Readonly<Record<string, string>>;
}

/** For whom a run is, so that whoever queues it can order it, drop it, or say no. */
export interface RunCall {
  /** Aborted: nobody waits for the answer any more. A run that has begun is not interrupted. */
  signal?: AbortSignal;
  /** Milliseconds since the epoch; undefined: the caller waits as long as it takes. */
  deadlineMs?: number;
  /** Default "interactive", which goes before "bulk". */
  priority?: "interactive" | "bulk";
  /** Whom fairness counts this run for; undefined: all that are not named are one caller. */
  caller?: string;
}

/** The graphs of one model version, ready to run; where they run is the implementation's affair. */
export interface Inference {
  /** By graph name: "vision", "text", "decoder". */
  readonly graphs: Readonly<Record<string, GraphSignature>>;
  /** What computes: "cpu", "cuda", …; unset: not known. */
  readonly provider?: string | undefined;
  /** Run one graph. Rejects when the graph fails; it is not told what the numbers mean. */
  run(
    graph: string,
    feeds: Record<string, ArrayTensor>,
    fetches: readonly string[],
    call?: RunCall,
  ): Promise<Record<string, ArrayTensor>>;
  /**
   * Milliseconds until one more run of a graph, like the last one, would be done behind those that wait and `before` more of
   * them, by estimate; undefined: not known. By this, a run with less time would be refused.
   */
  foresee?(
    graph: string,
    call: Pick<RunCall, "priority" | "caller" | "deadlineMs">,
    before: number,
  ): number | undefined;
  close(): Promise<void>;
}

export interface InferenceOptions {
  /** Threads for one operator. */
  threads: number;
  /** ONNX Runtime execution providers, the preferred one first. Default ["cpu"]. */
  providers?: readonly string[];
  /** Whose graphs they are, for metrics and logs. */
  model?: { name: string; revision: string };
}

/** Opens the graphs of one model version: name → ONNX file. */
export type OpenInference = (files: Record<string, string>, options: InferenceOptions) => Promise<Inference>;

import type { InferenceSession } from "onnxruntime-node";

export interface SessionSettings {
  /** That one run may use. */
  threads: number;
  /** Default: the CPU. */
  executionProviders?: string[];
  /** Threads that wait for work keep their processor for a while; default: they leave it to the requests of others. */
  spin?: boolean;
}

/**
 * How a graph is opened. Processors with AVX2 or AVX-512 but without VNNI multiply unsigned by signed bytes in sums of 16 bits, which
 * overflow: a graph of 8 bits then answers something else than it does elsewhere (cosine to fp32 0.94, not 0.999). There, and only
 * there, `x64quantprecision` has it computed in unsigned bytes, slower and right (onnxruntime pull request 12088).
 */
export function sessionOptions({
  threads,
  executionProviders = ["cpu"],
  spin = false,
}: SessionSettings): InferenceSession.SessionOptions {
  const spinning = { allow_spinning: spin ? "1" : "0" };
  return {
    executionProviders,
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { x64quantprecision: "1", intra_op: spinning, inter_op: spinning } },
  };
}

import type { ProviderPlan } from "../execution-providers.ts";
import type { GraphSignature, InferenceOptions } from "../inference.ts";

/** The text of an "open" frame, as JSON. */
export interface OpenRequest {
  /** Graph → ONNX file. */
  files: Record<string, string>;
  options: InferenceOptions;
  /** The file in memory through which large bodies will come; it may be gone once the answer is written. */
  bodies?: string;
}

/** The text of an "opened" frame, as JSON. */
export interface OpenAnswer {
  graphs: Record<string, GraphSignature>;
  providers: ProviderPlan;
}

import type { InferenceOptions } from "../inference.ts";

/** The text of an "open" frame, as JSON; the one of "opened" is the signatures of the graphs. */
export interface OpenRequest {
  /** Graph → ONNX file. */
  files: Record<string, string>;
  options: InferenceOptions;
}

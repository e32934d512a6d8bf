import type { GraphBuilder } from "./graph-builder.ts";

export interface Matrix {
  inputs: number;
  outputs: number;
  /** [inputs, outputs] */
  matrix: Float32Array;
}

/** 8-bit integers and a scale for each output. */
export interface QuantizedMatrix {
  values: Int8Array;
  scales: Float32Array;
}

/**
 * x · W in 8 bits, as onnxruntime's `quantize_dynamic(per_channel=True, weight_type=QInt8)` writes it: W symmetric with a scale
 * for each output, x quantised as it comes.
 */
export function dynamicLinear(graph: GraphBuilder, name: string, x: string, weights: Matrix): string {
  const { inputs, outputs } = weights;
  const { values, scales } = quantize(weights);
  const [quantized, scale, zero] = graph.nodes("DynamicQuantizeLinear", [x], {}, 3) as [string, string, string];
  const product = graph.node("MatMulInteger", [
    quantized,
    graph.weight(`${name}.weight_quantized`, [inputs, outputs], values),
    zero,
    graph.weight(`${name}.weight_zero_point`, [outputs], new Int8Array(outputs)),
  ]);
  const whole = graph.node("Cast", [product], { to: { int: 1 } });
  return graph.node("Mul", [
    whole,
    graph.node("Mul", [scale, graph.weight(`${name}.weight_scale`, [outputs], scales)]),
  ]);
}

/** The largest weight of each output becomes 127. */
export function quantize({ inputs, outputs, matrix }: Matrix): QuantizedMatrix {
  const largest = new Float32Array(outputs);
  for (let i = 0; i < matrix.length; i++) {
    const column = i % outputs;
    largest[column] = Math.max(largest[column] ?? 0, Math.abs(matrix[i] ?? 0));
  }
  const scales = largest.map((most) => (most || 1) / 127);
  const values = new Int8Array(inputs * outputs);
  for (let i = 0; i < matrix.length; i++) values[i] = Math.round((matrix[i] ?? 0) / (scales[i % outputs] ?? 1));
  return { values, scales };
}

import type { GraphBuilder } from "./graph-builder.ts";
import { dynamicLinear } from "./quantized-linear.ts";
import type { Weights } from "./random-weights.ts";

export type Precision = "fp32" | "int8";

/** Where layers are written and what they are made of. */
export interface LayerContext {
  graph: GraphBuilder;
  weights: Weights;
  /** Of matrix products; all else is fp32. */
  precision: Precision;
}

export interface TransformerShape {
  width: number;
  heads: number;
  layers: number;
  /** Width inside the feed-forward part, as a multiple of `width`. */
  expansion: number;
  /** CLIP's x · σ(1.702 x), or the exact one of GPT and ViT. */
  activation: "quick_gelu" | "gelu";
}

/** Spread that keeps the size of what goes through: that of PyTorch's default initialisation. */
export const linearSpread = (inputs: number) => Math.sqrt(3 / inputs);
export const BIAS_SPREAD = 0.02;

/** x · W + b; W is [inputs, outputs]. */
export function linear(context: LayerContext, name: string, x: string, [inputs, outputs]: Pair, bias = true): string {
  const { graph, weights, precision } = context;
  const matrix = weights(`${name}.weight`, inputs * outputs, linearSpread(inputs));
  const product =
    precision === "int8"
      ? dynamicLinear(graph, name, x, { inputs, outputs, matrix })
      : graph.node("MatMul", [x, graph.weight(`${name}.weight`, [inputs, outputs], matrix)]);
  if (!bias) return product;
  const b = graph.weight(`${name}.bias`, [outputs], weights(`${name}.bias`, outputs, BIAS_SPREAD));
  return graph.node("Add", [product, b]);
}
type Pair = readonly [inputs: number, outputs: number];

export const LAYER_NORM_EPSILON = 1e-5;

/** Over the last axis, scale near 1. */
export function layerNorm({ graph, weights }: LayerContext, name: string, x: string, width: number): string {
  const scale = weights(`${name}.scale`, width, 0.1).map((v) => 1 + v);
  return graph.node(
    "LayerNormalization",
    [
      x,
      graph.weight(`${name}.scale`, [width], scale),
      graph.weight(`${name}.bias`, [width], weights(`${name}.bias`, width, BIAS_SPREAD)),
    ],
    { axis: { int: -1 }, epsilon: { float: LAYER_NORM_EPSILON } },
  );
}

/** x · σ(1.702 x) */
function quickGelu({ graph }: LayerContext, x: string): string {
  return graph.node("Mul", [x, graph.node("Sigmoid", [graph.node("Mul", [x, scalar(graph, 1.702)])])]);
}

/** x / 2 · (1 + erf(x / √2)) */
export function gelu({ graph }: LayerContext, x: string): string {
  const erf = graph.node("Erf", [graph.node("Div", [x, scalar(graph, Math.SQRT2)])]);
  return graph.node("Mul", [graph.node("Mul", [x, graph.node("Add", [erf, scalar(graph, 1)])]), scalar(graph, 0.5)]);
}

/** Self-attention of several heads; `mask`, if any, is added to the scores. */
export function attention(
  context: LayerContext,
  name: string,
  x: string,
  { width, heads }: Pick<TransformerShape, "width" | "heads">,
  mask?: string,
): string {
  const { graph } = context;
  const depth = width / heads;
  const split = graph.int64s([0, 0, heads, depth]);
  const project = (part: string, perm: readonly number[]) => {
    const all = linear(context, `${name}.${part}`, x, [width, width]);
    return graph.node("Transpose", [graph.node("Reshape", [all, split])], { perm: { ints: perm } });
  };
  const queries = graph.node("Mul", [project("q_proj", [0, 2, 1, 3]), scalar(graph, depth ** -0.5)]);
  const scores = graph.node("MatMul", [queries, project("k_proj", [0, 2, 3, 1])]);
  const seen = graph.node("Softmax", [mask ? graph.node("Add", [scores, mask]) : scores], { axis: { int: -1 } });
  const mixed = graph.node("MatMul", [seen, project("v_proj", [0, 2, 1, 3])]);
  const joined = graph.node("Transpose", [mixed], { perm: { ints: [0, 2, 1, 3] } });
  const rows = graph.node("Reshape", [joined, graph.int64s([0, 0, width])]);
  return linear(context, `${name}.out_proj`, rows, [width, width]);
}

/** Layers that normalise before each part, as CLIP's do. */
export function transformer(context: LayerContext, name: string, x: string, shape: TransformerShape, mask?: string) {
  const { graph } = context;
  const { width, layers, expansion, activation } = shape;
  const inner = width * expansion;
  for (let i = 0; i < layers; i++) {
    const layer = `${name}.layers.${i}`;
    const looked = attention(
      context,
      `${layer}.self_attn`,
      layerNorm(context, `${layer}.layer_norm1`, x, width),
      shape,
      mask,
    );
    x = graph.node("Add", [x, looked]);
    const wide = linear(context, `${layer}.mlp.fc1`, layerNorm(context, `${layer}.layer_norm2`, x, width), [
      width,
      inner,
    ]);
    const bent = activation === "gelu" ? gelu(context, wide) : quickGelu(context, wide);
    x = graph.node("Add", [x, linear(context, `${layer}.mlp.fc2`, bent, [inner, width])]);
  }
  return x;
}

function scalar(graph: GraphBuilder, value: number): string {
  return graph.weight(`float(${value})`, [], Float32Array.of(value));
}

import type { ClipShape } from "../../bench/onnx/clip-vit.ts";
import { BIAS_SPREAD, LAYER_NORM_EPSILON, linearSpread, type TransformerShape } from "../../bench/onnx/layers.ts";
import type { Weights } from "../../bench/onnx/random-weights.ts";

/** A row for each place in the sequence. */
type Rows = number[][];

/** One photo [3, side, side] through the vision tower, in plain loops over doubles. */
export function plainVision({ vision, projection }: ClipShape, weights: Weights, pixels: Float32Array): number[] {
  const { side, patch, width } = vision;
  const across = side / patch;
  const filters = weights("patch_embedding", width * 3 * patch * patch, linearSpread(3 * patch * patch));
  const rows: Rows = [[...weights("class_embedding", width, 0.1)]];
  for (let p = 0; p < across * across; p++) {
    const [top, left] = [Math.floor(p / across) * patch, (p % across) * patch];
    rows.push(
      numbers(width, (o) =>
        sum(3 * patch * patch, (i) => {
          const [c, y, x] = [Math.floor(i / patch ** 2), Math.floor(i / patch) % patch, i % patch];
          return pixels[(c * side + top + y) * side + left + x]! * filters[o * 3 * patch * patch + i]!;
        }),
      ),
    );
  }
  const places = weights("position_embedding", rows.length * width, 0.1);
  const placed = rows.map((row, r) => row.map((v, i) => v + places[r * width + i]!));
  const out = plainTransformer("vision", layerNorm(weights, "pre_layernorm", placed), vision, weights, false);
  const pooled = layerNorm(weights, "post_layernorm", out.slice(0, 1));
  return linear(weights, "visual_projection", pooled, projection, false)[0]!;
}

/** One text through the text tower; read at its highest id. */
export function plainText({ text, projection }: ClipShape, weights: Weights, ids: number[]): number[] {
  const { width, vocabulary, maxTokens } = text;
  const words = weights("token_embedding", vocabulary * width, 0.1);
  const places = weights("text_positions", maxTokens * width, 0.1);
  const rows = ids.map((id, place) => numbers(width, (i) => words[id * width + i]! + places[place * width + i]!));
  const out = layerNorm(weights, "final_layer_norm", plainTransformer("text", rows, text, weights, true));
  const end = ids.indexOf(Math.max(...ids));
  return linear(weights, "text_projection", [out[end]!], projection, false)[0]!;
}

function plainTransformer(name: string, x: Rows, shape: TransformerShape, weights: Weights, causal: boolean): Rows {
  const { width, heads, layers, expansion, activation } = shape;
  const bend =
    activation === "gelu"
      ? (v: number) => (v / 2) * (1 + erf(v / Math.SQRT2))
      : (v: number) => v / (1 + Math.exp(-1.702 * v));
  for (let l = 0; l < layers; l++) {
    const layer = `${name}.layers.${l}`;
    const normal = layerNorm(weights, `${layer}.layer_norm1`, x);
    const part = (p: string) => linear(weights, `${layer}.self_attn.${p}`, normal, width);
    const [q, k, v] = [part("q_proj"), part("k_proj"), part("v_proj")];
    const depth = width / heads;
    const mixed = x.map((_, r) =>
      numbers(width, (i) => {
        const head = Math.floor(i / depth) * depth;
        const scores = x.map((_, s) =>
          causal && s > r ? -Infinity : sum(depth, (d) => q[r]![head + d]! * k[s]![head + d]!) / Math.sqrt(depth),
        );
        const top = Math.max(...scores);
        const shares = scores.map((score) => Math.exp(score - top));
        return sum(x.length, (s) => shares[s]! * v[s]![i]!) / sum(x.length, (s) => shares[s]!);
      }),
    );
    x = add(x, linear(weights, `${layer}.self_attn.out_proj`, mixed, width));
    const wide = linear(weights, `${layer}.mlp.fc1`, layerNorm(weights, `${layer}.layer_norm2`, x), width * expansion);
    const bent = wide.map((row) => row.map(bend));
    x = add(x, linear(weights, `${layer}.mlp.fc2`, bent, width));
  }
  return x;
}

function linear(weights: Weights, name: string, x: Rows, outputs: number, bias = true): Rows {
  const inputs = x[0]!.length;
  const w = weights(`${name}.weight`, inputs * outputs, linearSpread(inputs));
  const b = bias ? weights(`${name}.bias`, outputs, BIAS_SPREAD) : new Float32Array(outputs);
  return x.map((row) => numbers(outputs, (o) => b[o]! + sum(inputs, (i) => row[i]! * w[i * outputs + o]!)));
}

function layerNorm(weights: Weights, name: string, x: Rows): Rows {
  const width = x[0]!.length;
  const scale = weights(`${name}.scale`, width, 0.1);
  const bias = weights(`${name}.bias`, width, BIAS_SPREAD);
  return x.map((row) => {
    const mean = sum(width, (i) => row[i]!) / width;
    const deviation = Math.sqrt(sum(width, (i) => (row[i]! - mean) ** 2) / width + LAYER_NORM_EPSILON);
    return row.map((v, i) => ((v - mean) / deviation) * (1 + scale[i]!) + bias[i]!);
  });
}

/** Abramowitz and Stegun 7.1.5: the series, which is exact enough where a neuron is not saturated. */
function erf(x: number): number {
  if (Math.abs(x) > 4) return Math.sign(x);
  let [term, total] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

const numbers = (count: number, of: (i: number) => number) => Array.from({ length: count }, (_, i) => of(i));
const add = (a: Rows, b: Rows) => a.map((row, r) => row.map((v, i) => v + b[r]![i]!));

function sum(count: number, of: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += of(i);
  return total;
}

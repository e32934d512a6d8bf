import { GraphBuilder } from "./graph-builder.ts";
import {
  type LayerContext,
  layerNorm,
  linear,
  linearSpread,
  type Precision,
  type TransformerShape,
  transformer,
} from "./layers.ts";
import type { Weights } from "./random-weights.ts";

/** The two towers of a CLIP. */
export interface ClipShape {
  vision: TransformerShape & { side: number; patch: number };
  text: TransformerShape & { vocabulary: number; maxTokens: number };
  /** Length of the vectors of both. */
  projection: number;
}

/** openai/clip-vit-base-patch32. */
export const VIT_B_32: ClipShape = {
  vision: { side: 224, patch: 32, width: 768, heads: 12, layers: 12, expansion: 4, activation: "quick_gelu" },
  text: { vocabulary: 49_408, maxTokens: 77, width: 512, heads: 8, layers: 12, expansion: 4, activation: "quick_gelu" },
  projection: 512,
};

export interface ClipOptions {
  shape: ClipShape;
  weights: Weights;
  precision: Precision;
}

/** `pixel_values` [batch, 3, side, side] → `image_embeds` [batch, projection], of any length, as transformers exports it. */
export function visionModel({ shape, weights, precision }: ClipOptions): Uint8Array {
  const graph = new GraphBuilder("vision_model");
  const context: LayerContext = { graph, weights, precision };
  const { side, patch, width } = shape.vision;
  const patches = (side / patch) ** 2;
  const pixels = graph.input("pixel_values", "float32", ["batch", 3, side, side]);
  const filters = weights("patch_embedding", width * 3 * patch * patch, linearSpread(3 * patch * patch));
  const grid = graph.node("Conv", [pixels, graph.weight("patch_embedding", [width, 3, patch, patch], filters)], {
    kernel_shape: { ints: [patch, patch] },
    strides: { ints: [patch, patch] },
  });
  const rows = graph.node("Transpose", [graph.node("Reshape", [grid, graph.int64s([0, width, patches])])], {
    perm: { ints: [0, 2, 1] },
  });
  const batch = graph.node("Slice", [graph.node("Shape", [pixels]), graph.int64s([0]), graph.int64s([1])]);
  const one = graph.weight("class_embedding", [1, 1, width], weights("class_embedding", width, 0.1));
  const classes = graph.node("Expand", [
    one,
    graph.node("Concat", [batch, graph.int64s([1, width])], { axis: { int: 0 } }),
  ]);
  const positions = weights("position_embedding", (patches + 1) * width, 0.1);
  let x = graph.node("Concat", [classes, rows], { axis: { int: 1 } });
  x = graph.node("Add", [x, graph.weight("position_embedding", [1, patches + 1, width], positions)]);
  x = transformer(context, "vision", layerNorm(context, "pre_layernorm", x, width), shape.vision);
  const first = graph.node("Gather", [x, graph.weight("position 0", [], BigInt64Array.of(0n))], { axis: { int: 1 } });
  const pooled = layerNorm(context, "post_layernorm", first, width);
  graph.output("image_embeds", linear(context, "visual_projection", pooled, [width, shape.projection], false), [
    "batch",
    shape.projection,
  ]);
  return graph.toFile();
}

/** `input_ids` [batch, sequence] → `text_embeds` [batch, projection]; read at the end token, which has the highest id. */
export function textModel({ shape, weights, precision }: ClipOptions): Uint8Array {
  const graph = new GraphBuilder("text_model");
  const context: LayerContext = { graph, weights, precision };
  const { vocabulary, maxTokens, width } = shape.text;
  const ids = graph.input("input_ids", "int64", ["batch", "sequence"]);
  const words = graph.weight(
    "token_embedding",
    [vocabulary, width],
    weights("token_embedding", vocabulary * width, 0.1),
  );
  const length = graph.node("Slice", [graph.node("Shape", [ids]), graph.int64s([1]), graph.int64s([2])]);
  const upTo = (x: string, axes: readonly number[]) =>
    graph.node("Slice", [
      x,
      graph.int64s(axes.map(() => 0)),
      axes.length === 1
        ? length
        : graph.node(
            "Concat",
            axes.map(() => length),
            { axis: { int: 0 } },
          ),
      graph.int64s(axes),
    ]);
  const places = graph.weight("text_positions", [maxTokens, width], weights("text_positions", maxTokens * width, 0.1));
  const later = Float32Array.from({ length: maxTokens ** 2 }, (_, i) =>
    i % maxTokens > Math.floor(i / maxTokens) ? -1e9 : 0,
  );
  const mask = upTo(graph.weight("causal_mask", [maxTokens, maxTokens], later), [0, 1]);
  let x = graph.node("Add", [graph.node("Gather", [words, ids]), upTo(places, [0])]);
  x = layerNorm(context, "final_layer_norm", transformer(context, "text", x, shape.text, mask), width);
  const end = graph.node("ArgMax", [ids], { axis: { int: 1 }, keepdims: { int: 1 } });
  const pooled = graph.node("GatherND", [x, end], { batch_dims: { int: 1 } });
  graph.output("text_embeds", linear(context, "text_projection", pooled, [width, shape.projection], false), [
    "batch",
    shape.projection,
  ]);
  return graph.toFile();
}

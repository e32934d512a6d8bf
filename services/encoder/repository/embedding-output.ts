import type { OnnxHeader } from "./onnx-header.ts";

/** Where a graph's embedding is, and how many vectors become one. */
export interface EmbeddingOutput {
  output: string;
  /** "none": one vector an input. "first": the first token's ([CLS]). "mean": of all tokens that the mask does not hide. */
  pooling: "none" | "first" | "mean";
}

const FLOAT32 = 1;

/**
 * The output to embed photos with, the best one first: projected (CLIP), pooled (SigLIP), the [CLS] token of the last
 * layer (ViT, BLIP).
 * @throws TypeError that names the outputs which are there.
 */
export function photoEmbedding({ outputs }: OnnxHeader): EmbeddingOutput {
  return choose("vision", outputs, [
    { output: "image_embeds", pooling: "none" },
    { output: "pooler_output", pooling: "none" },
    { output: "last_hidden_state", pooling: "first" },
  ]);
}

/**
 * The output to embed texts with: projected (CLIP), of sentence-transformers, pooled where the model was trained by its
 * pooler (SigLIP), else the tokens, pooled as `1_Pooling/config.json` says: BERT's own pooler is no sentence embedding.
 */
export function textEmbedding({ outputs }: OnnxHeader, modelType: string, pooling: "first" | "mean"): EmbeddingOutput {
  const pooler: EmbeddingOutput = { output: "pooler_output", pooling: "none" };
  const tokens: EmbeddingOutput[] = [
    { output: "last_hidden_state", pooling },
    { output: "token_embeddings", pooling },
  ];
  const trainedPooler = /clip|siglip/.test(modelType);
  return choose("text", outputs, [
    { output: "text_embeds", pooling: "none" },
    { output: "sentence_embedding", pooling: "none" },
    ...(trainedPooler ? [pooler, ...tokens] : [...tokens, pooler]),
  ]);
}

/**
 * One vector of a graph's float32 output of shape [1, n] or [1, tokens, n].
 * @param mask 1 for a token that counts, 0 for padding; as long as there are tokens. Unset: all count.
 * @throws RangeError when the shape is another.
 */
export function poolVector(
  { dims, data }: { dims: readonly number[]; data: Float32Array },
  pooling: EmbeddingOutput["pooling"],
  mask?: readonly number[],
): Float32Array {
  const width = dims.at(-1) ?? 0;
  const [batch, tokens] = [dims[0], dims.length === 3 ? (dims[1] ?? 0) : 1];
  if (batch !== 1 || dims.length < 2 || dims.length > 3 || data.length !== tokens * width) {
    throw new RangeError(`expected one vector or one row of tokens, got the shape [${dims.join(", ")}]`);
  }
  if (dims.length === 2 || pooling === "first") return data.slice(0, width);
  if (pooling === "none") throw new RangeError(`expected one vector, got the shape [${dims.join(", ")}]`);
  if (mask && mask.length !== tokens) throw new RangeError(`expected a mask of ${tokens}, got ${mask.length}`);
  const sum = new Float64Array(width);
  let count = 0;
  for (let token = 0; token < tokens; token++) {
    if (mask && !mask[token]) continue;
    count++;
    for (let i = 0; i < width; i++) sum[i] = (sum[i] ?? 0) + (data[token * width + i] ?? 0);
  }
  return Float32Array.from(sum, (x) => x / Math.max(count, 1));
}

function choose(graph: string, outputs: OnnxHeader["outputs"], wanted: EmbeddingOutput[]): EmbeddingOutput {
  const found = wanted.find(({ output }) => outputs.some(({ name }) => name === output));
  if (!found) {
    const [given, expected] = [outputs.map(({ name }) => name), wanted.map(({ output }) => output)];
    throw new TypeError(`the ${graph} graph gives ${given.join(", ")}, expected ${expected.join(" or ")}`);
  }
  const type = outputs.find(({ name }) => name === found.output)?.elementType;
  if (type !== FLOAT32 && type !== 0) {
    throw new TypeError(
      `${found.output} of the ${graph} graph is not float32 (ONNX element type ${type}); export it with float32 inputs and outputs`,
    );
  }
  return found;
}

import { z } from "zod";
import { parse, within } from "./json.ts";
import type { PackConfig } from "./model-config.ts";
import type { OnnxHeader } from "./onnx-header.ts";
import type { TextTokenizerOptions } from "./text-tokenizer.ts";

/** More tokens than the longest text has that is taken (1,000 characters), whatever a config file says. */
const MOST_TOKENS = 512;

/** Families whose position table has two more rows than the model takes tokens. */
const OFFSET_POSITIONS = /^(roberta|xlm-roberta|camembert|mpnet|longformer)$/;

const tokenizerSchema = z.looseObject({
  model: z.looseObject({}),
  truncation: z.looseObject({ max_length: z.number().int().positive() }).nullish(),
  padding: z
    .looseObject({
      strategy: z.unknown(),
      direction: z.literal("Right", { error: "padding on the left is not supported" }).optional(),
      pad_id: z.number().int().optional(),
    })
    .nullish(),
});
const tokenizerConfigSchema = z.looseObject({
  model_max_length: z.number().optional(),
  pad_token: z.unknown().optional(),
  padding_side: z.literal("right", { error: "padding on the left is not supported" }).optional(),
});

export interface WordFiles {
  tokenizer: unknown;
  tokenizerConfig: unknown;
  specialTokens: unknown;
}

/**
 * How texts become tokens for a model, from `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json`, the
 * model's config and the text graph's input. The shortest of the lengths that they state holds. SigLIP was trained on
 * texts padded to the full length and takes no mask, so that every text is padded to it; so is one for a graph of fixed
 * length or without a mask. Others get a few lengths, so that short texts are cheap and still share batches.
 * @throws TypeError that names the file.
 */
export function readWords(files: WordFiles, config: PackConfig, text: OnnxHeader | undefined): TextTokenizerOptions {
  const tokenizer = within("tokenizer.json", () => parse(tokenizerSchema, files.tokenizer));
  const settings = within("tokenizer_config.json", () => parse(tokenizerConfigSchema, files.tokenizerConfig ?? {}));
  const fixed = text?.inputs.find(({ name }) => name === "input_ids")?.dims[1];
  const stated = [fixed, tokensOf(config), settings.model_max_length, tokenizer.truncation?.max_length].filter(
    (length) => typeof length === "number" && length >= 2 && length < 1_000_000,
  ) as number[];
  if (text && stated.length === 0) {
    throw new TypeError(
      "config.json: max_position_embeddings is missing, expected the number of tokens the model takes (or model_max_length in tokenizer_config.json)",
    );
  }
  const maxTokens = typeof fixed === "number" ? fixed : Math.min(MOST_TOKENS, ...stated);
  const masked = text?.inputs.some(({ name }) => name === "attention_mask") ?? false;
  // CLIP looks only backwards from the end token: what is padded behind it changes nothing, mask or not.
  const indifferent = masked || /clip/.test(config.model_type ?? "");
  const full = typeof fixed === "number" || !indifferent || /siglip/.test(config.model_type ?? "");
  return {
    tokenizer: files.tokenizer as object,
    config: settings,
    maxTokens,
    padding: full || isFixed(tokenizer.padding?.strategy) ? "full" : "steps",
    padId: tokenizer.padding?.pad_id,
    padToken: settings.pad_token ?? (files.specialTokens as { pad_token?: unknown } | undefined)?.pad_token,
  };
}

function tokensOf({ model_type, max_position_embeddings, text_config }: PackConfig): number | undefined {
  const positions = max_position_embeddings ?? text_config?.max_position_embeddings;
  if (positions === undefined) return undefined;
  return OFFSET_POSITIONS.test(model_type ?? "") ? positions - 2 : positions;
}

function isFixed(strategy: unknown): boolean {
  return typeof strategy === "object" && strategy !== null && "Fixed" in strategy;
}

import { z } from "zod";
import { parseView, type View } from "../preprocessing/view.ts";
import { type EmbeddingOutput, photoEmbedding, textEmbedding } from "./embedding-output.ts";
import { parse, required, within } from "./json.ts";
import { configSchema, type GenerationConfig, generationSchema, type PackConfig } from "./model-config.ts";
import type { OnnxHeader } from "./onnx-header.ts";
import type { TextTokenizerOptions } from "./text-tokenizer.ts";
import { readWords } from "./words.ts";

/** What the files of one model version say, understood. */
export interface ModelPack {
  name: string;
  revision: string;
  /** Absent when the model has no photo graph. */
  view: View | undefined;
  /** Where the graphs give their embedding; absent for a graph that is not there. */
  embeddings: { vision?: EmbeddingOutput; text?: EmbeddingOutput };
  /** Length of its vectors as config.json states it; the graphs have the last word. */
  dimensions: number | undefined;
  /** Class names of `logits`, by position; empty when it does not classify, whatever config.json says. */
  categories: string[];
  /** Class names of `colour_logits`, by position; empty when it knows no colours. */
  colours: string[];
  /** Absent when the model reads and writes no words. */
  words: TextTokenizerOptions | undefined;
  /** Absent when the model writes no captions. */
  generation: Generation | undefined;
}

/** How captions are written. */
export interface Generation {
  startId: number;
  /** The first of `endIds`. */
  endId: number;
  /** Any of these ends a caption. */
  endIds: number[];
  /** Most tokens, start and end included. */
  maxTokens: number;
  /** Width of the search that the model was tuned for; 1 is greedy. */
  beams: number;
}

/** The JSON files of a version directory, parsed; those that are not there are undefined. */
export interface PackFiles {
  config: unknown;
  preprocessor: unknown;
  /** `processor_config.json`, where newer versions of transformers keep the image processor. */
  processor?: unknown;
  tokenizer: unknown;
  tokenizerConfig: unknown;
  specialTokens?: unknown;
  generation: unknown;
  /** `1_Pooling/config.json` of sentence-transformers. */
  pooling?: unknown;
}

/** What the graphs that lie there take and give; what is needed of the JSON files follows from it. */
export interface PackGraphs {
  vision?: OnnxHeader | undefined;
  text?: OnnxHeader | undefined;
  decoder?: OnnxHeader | undefined;
}

/**
 * Understand the files of one model version.
 * @throws TypeError that names the file, what is wrong in it and what is expected.
 */
export function readPack(name: string, revision: string, files: PackFiles, graphs: PackGraphs): ModelPack {
  const config = within("config.json", () => parse(configSchema, files.config));
  const { vision, text, decoder } = graphs;
  const gives = (output: string) => vision?.outputs.some((value) => value.name === output) ?? false;
  const pooling = within("1_Pooling/config.json", () => readPooling(files.pooling));
  return {
    name,
    revision,
    view: vision ? readView(files) : undefined,
    embeddings: {
      ...(vision && { vision: photoEmbedding(vision) }),
      ...(text && { text: textEmbedding(text, config.model_type ?? "", pooling) }),
    },
    dimensions:
      gives("image_embeds") || (!vision && config.projection_dim)
        ? config.projection_dim
        : (config.hidden_size ?? config.vision_config?.hidden_size ?? config.text_config?.hidden_size),
    categories: gives("logits") ? within("config.json", () => namesByPosition("id2label", config.id2label)) : [],
    colours: gives("colour_logits") ? within("config.json", () => namesByPosition("id2colour", config.id2colour)) : [],
    words: text || decoder ? readWords({ specialTokens: undefined, ...files }, config, text) : undefined,
    generation: decoder ? readGeneration(files.generation, config) : undefined,
  };
}

function readView({ preprocessor, processor }: PackFiles): View {
  const nested = z.object({ image_processor: z.unknown() }).safeParse(processor).data?.image_processor;
  return within("preprocessor_config.json", () => parseView(required(preprocessor ?? nested)));
}

function readPooling(json: unknown): "first" | "mean" {
  const modes = parse(z.record(z.string(), z.unknown()), json ?? {});
  const on = Object.entries(modes).flatMap(([key, value]) =>
    key.startsWith("pooling_mode_") && value === true ? [key] : [],
  );
  if (on.length === 0 || (on.length === 1 && on[0] === "pooling_mode_mean_tokens")) return "mean";
  if (on.length === 1 && on[0] === "pooling_mode_cls_token") return "first";
  throw new TypeError(
    `${on.join(" with ")} is not supported, expected pooling_mode_mean_tokens or pooling_mode_cls_token`,
  );
}

/** generation_config.json says it; exports that are older than that file say it in config.json. */
function readGeneration(json: unknown, config: PackConfig): Generation {
  const said = within("generation_config.json", () => (json === undefined ? {} : parse(generationSchema, json)));
  const sources: GenerationConfig[] = [said, config, config.decoder ?? {}];
  const find = <K extends keyof GenerationConfig>(key: K) =>
    sources.map((source) => source[key]).find((value) => value !== undefined && value !== null);
  const startId = find("decoder_start_token_id") ?? find("bos_token_id");
  const ends = find("eos_token_id");
  const endIds = [ends ?? []].flat();
  const [endId] = endIds;
  if (startId === undefined || startId === null) {
    throw new TypeError(
      "generation_config.json: decoder_start_token_id is missing, expected the id captions start with",
    );
  }
  if (endId === undefined) {
    throw new TypeError("generation_config.json: eos_token_id is missing, expected the id captions end with");
  }
  return { startId, endId, endIds, maxTokens: find("max_length") ?? 20, beams: find("num_beams") ?? 1 };
}

function namesByPosition(key: string, names: Record<string, string> | undefined): string[] {
  const count = Object.keys(names ?? {}).length;
  return Array.from({ length: count }, (_, i) => {
    const name = names?.[String(i)];
    if (name === undefined)
      throw new TypeError(`${key} has ${count} names but none for ${i}, expected 0 to ${count - 1}`);
    return name;
  });
}

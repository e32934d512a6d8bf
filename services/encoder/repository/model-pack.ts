import { z } from "zod";
import { parseView, type View } from "../preprocessing/view.ts";

/** What the JSON files of one model version say, understood. */
export interface ModelPack {
  name: string;
  revision: string;
  /** Absent when the model has no photo graph. */
  view: View | undefined;
  /** Class names of `logits`, by position; empty when it does not classify. */
  categories: string[];
  /** Class names of `colour_logits`, by position; empty when it knows no colours. */
  colours: string[];
  /** Absent when the model reads and writes no words. */
  words: { tokenizer: object; config: { pad_token?: unknown }; maxTokens: number } | undefined;
  /** Absent when the model writes no captions. */
  generation: { startId: number; endId: number; maxTokens: number } | undefined;
}

/** The JSON files of a version directory, parsed; those that are not there are undefined. */
export interface PackFiles {
  config: unknown;
  preprocessor: unknown;
  tokenizer: unknown;
  tokenizerConfig: unknown;
  generation: unknown;
}

const classNames = z.record(z.string().regex(/^\d+$/), z.string().min(1)).optional();
const tokens = z.number().int().min(2).max(4096).optional();

const configSchema = z.object({
  id2label: classNames,
  id2colour: classNames,
  max_position_embeddings: tokens,
  text_config: z.object({ max_position_embeddings: tokens }).optional(),
});
const tokenizerConfigSchema = z.object({ model_max_length: z.number().optional(), pad_token: z.unknown() });
const generationSchema = z.object({
  decoder_start_token_id: z.number().int().optional(),
  bos_token_id: z.number().int().optional(),
  eos_token_id: z.number().int(),
  max_length: z.number().int().min(2).max(512).default(20),
});

/** What is needed follows from the graphs that lie there. */
export interface PackGraphs {
  vision: boolean;
  text: boolean;
  decoder: boolean;
}

/**
 * Understand the files of one model version.
 * @throws TypeError that names the file, what is wrong in it and what is expected.
 */
export function readPack(name: string, revision: string, files: PackFiles, graphs: PackGraphs): ModelPack {
  const config = within("config.json", () => parse(configSchema, files.config));
  return {
    name,
    revision,
    view: graphs.vision ? within("preprocessor_config.json", () => parseView(required(files.preprocessor))) : undefined,
    categories: within("config.json", () => namesByPosition("id2label", config.id2label)),
    colours: within("config.json", () => namesByPosition("id2colour", config.id2colour)),
    words: graphs.text || graphs.decoder ? readWords(files, config) : undefined,
    generation: graphs.decoder ? within("generation_config.json", () => readGeneration(files.generation)) : undefined,
  };
}

function readWords(files: PackFiles, config: z.infer<typeof configSchema>): ModelPack["words"] {
  const tokenizer = within("tokenizer.json", () => parse(z.looseObject({ model: z.looseObject({}) }), files.tokenizer));
  const tokenizerConfig = within("tokenizer_config.json", () => parse(tokenizerConfigSchema, files.tokenizerConfig));
  const maxTokens =
    config.max_position_embeddings ?? config.text_config?.max_position_embeddings ?? tokenizerConfig.model_max_length;
  // Tokenizers without a limit of their own state an astronomical one.
  if (maxTokens === undefined || maxTokens > 4096) {
    throw new TypeError(
      "config.json: max_position_embeddings is missing, expected the number of tokens the model takes",
    );
  }
  return { tokenizer, config: files.tokenizerConfig as { pad_token?: unknown }, maxTokens };
}

function readGeneration(json: unknown): ModelPack["generation"] {
  const { decoder_start_token_id, bos_token_id, eos_token_id, max_length } = parse(generationSchema, json);
  const startId = decoder_start_token_id ?? bos_token_id;
  if (startId === undefined)
    throw new TypeError("decoder_start_token_id is missing, expected the id captions start with");
  return { startId, endId: eos_token_id, maxTokens: max_length };
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

function parse<T extends z.ZodType>(schema: T, json: unknown): z.infer<T> {
  const parsed = schema.safeParse(required(json));
  if (!parsed.success) throw new TypeError(z.prettifyError(parsed.error).replaceAll("\n", " "));
  return parsed.data;
}

function required(json: unknown): unknown {
  if (json === undefined) throw new TypeError("is missing");
  return json;
}

function within<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TypeError(`${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

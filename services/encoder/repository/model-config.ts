import { z } from "zod";

const classNames = z.record(z.string().regex(/^\d+$/), z.string().min(1)).optional();
const count = z.number().int().positive().optional();
const id = z.number().int().nonnegative();
const ids = z.union([id, z.array(id).min(1)]).nullish();

/** What generation needs, wherever it is written. */
const generationFields = {
  decoder_start_token_id: id.nullish(),
  bos_token_id: id.nullish(),
  eos_token_id: ids,
  max_length: z.number().int().min(2).max(512).nullish(),
  num_beams: z.number().int().min(1).max(64).nullish(),
};

/** The keys of Hugging Face's `config.json` that the Encoder reads, of every family that it knows. */
export const configSchema = z.object({
  /** "clip", "siglip", "vit", "vision-encoder-decoder", "bert", … */
  model_type: z.string().optional(),
  id2label: classNames,
  id2colour: classNames,
  /** Length of projected vectors. */
  projection_dim: count,
  hidden_size: count,
  max_position_embeddings: count,
  text_config: z.object({ max_position_embeddings: count, hidden_size: count }).nullish(),
  vision_config: z.object({ hidden_size: count, image_size: count }).nullish(),
  ...generationFields,
  /** Of an encoder-decoder: its captions' language model. */
  decoder: z.object(generationFields).nullish(),
});

export type PackConfig = z.infer<typeof configSchema>;

export const generationSchema = z.object(generationFields);
export type GenerationConfig = z.infer<typeof generationSchema>;

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { byteTokenizer, END_ID, START_ID } from "./clip-tokenizer.ts";
import { type ClipShape, textModel, VIT_B_32, visionModel } from "./clip-vit.ts";
import type { Precision } from "./layers.ts";
import { seededWeights } from "./random-weights.ts";

export interface WriteClipOptions {
  /** Gets `<name>/<version>/` with the files of a Hugging Face export. */
  directory: string;
  name?: string;
  version?: string;
  precision?: Precision;
  seed?: number;
  /** Default: ViT-B/32. */
  shape?: ClipShape;
}

/**
 * Write a CLIP with random weights that the Encoder serves by `MODEL_DIR`: for speed, never for sense.
 * @returns the folder of the version.
 */
export async function writeClip({
  directory,
  name = "clip",
  version = "1",
  precision = "fp32",
  seed = 1,
  shape = VIT_B_32,
}: WriteClipOptions): Promise<string> {
  const folder = join(directory, name, version);
  await mkdir(join(folder, "onnx"), { recursive: true });
  const options = { shape, precision, weights: seededWeights(seed) };
  await writeFile(join(folder, "onnx", "vision_model.onnx"), visionModel(options));
  await writeFile(join(folder, "onnx", "text_model.onnx"), textModel(options));
  for (const [file, json] of Object.entries(jsonFiles(shape))) {
    await writeFile(join(folder, file), `${JSON.stringify(json, undefined, 1)}\n`);
  }
  return folder;
}

function jsonFiles({ vision, text, projection }: ClipShape): Record<string, object> {
  const crop = { height: vision.side, width: vision.side };
  return {
    "config.json": {
      model_type: "clip",
      projection_dim: projection,
      text_config: { max_position_embeddings: text.maxTokens, hidden_size: text.width },
      vision_config: { image_size: vision.side, patch_size: vision.patch, hidden_size: vision.width },
    },
    "preprocessor_config.json": {
      image_processor_type: "CLIPImageProcessor",
      do_resize: true,
      size: { shortest_edge: vision.side },
      resample: 3,
      do_center_crop: true,
      crop_size: crop,
      do_rescale: true,
      rescale_factor: 1 / 255,
      do_normalize: true,
      image_mean: [0.48145466, 0.4578275, 0.40821073],
      image_std: [0.26862954, 0.26130258, 0.27577711],
    },
    "tokenizer.json": byteTokenizer(),
    "tokenizer_config.json": {
      model_max_length: text.maxTokens,
      bos_token: "<|startoftext|>",
      eos_token: "<|endoftext|>",
      pad_token: "<|endoftext|>",
      unk_token: "<|endoftext|>",
      bos_token_id: START_ID,
      eos_token_id: END_ID,
    },
  };
}

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type OnnxHeader, readOnnxHeader } from "./onnx-header.ts";

/** How the weights of an export are kept, by the endings that Optimum and transformers.js give its files. */
export const VARIANTS = {
  fp32: [""],
  fp16: ["_fp16"],
  int8: ["_quantized", "_int8"],
  uint8: ["_uint8"],
  q4: ["_q4"],
} as const satisfies Record<string, readonly string[]>;

export type Variant = keyof typeof VARIANTS;

/** A graph of one model version as it lies on disk. */
export interface GraphFile {
  path: string;
  header: OnnxHeader;
}

/** The graphs of one variant; what is there says what the model can do. */
export interface GraphFiles {
  vision?: GraphFile;
  text?: GraphFile;
  decoder?: GraphFile;
}

/** Stem of a file name → what the graph is; "model" is decided by what it takes. */
const STEMS = {
  vision_model: "vision",
  encoder_model: "vision",
  text_model: "text",
  decoder_model: "decoder",
  model: "either",
} as const;

type Stem = keyof typeof STEMS;

/**
 * Graph files of a version folder by variant and stem: those in `onnx/`, or beside the JSON files, where Optimum's
 * command line puts them.
 */
export async function findGraphFiles(folder: string): Promise<Partial<Record<Variant, Partial<Record<Stem, string>>>>> {
  const below = join(folder, "onnx");
  const inner = await onnxFiles(below);
  const [base, names] = inner.length > 0 ? [below, inner] : [folder, await onnxFiles(folder)];
  const found: Partial<Record<Variant, Partial<Record<Stem, string>>>> = {};
  for (const [variant, endings] of Object.entries(VARIANTS) as [Variant, readonly string[]][]) {
    for (const ending of endings) {
      for (const stem of Object.keys(STEMS) as Stem[]) {
        if (!names.includes(`${stem}${ending}.onnx`)) continue;
        found[variant] = { [stem]: join(base, `${stem}${ending}.onnx`), ...found[variant] };
      }
    }
  }
  if (Object.keys(found).length === 0) {
    if (names.some((name) => name.startsWith("decoder_model_merged"))) throw new TypeError(MERGED);
    throw new TypeError(
      `onnx/ holds none of ${Object.keys(STEMS)
        .map((stem) => `${stem}.onnx`)
        .join(", ")}`,
    );
  }
  if (names.some((name) => /^decoder_model_merged/.test(name)) && !Object.values(found).some((f) => f?.decoder_model)) {
    throw new TypeError(MERGED);
  }
  return found;
}

const MERGED =
  "onnx/decoder_model_merged.onnx keeps its past in the graph, which is not supported; add decoder_model.onnx of the same export";

/**
 * The graphs of the variant asked for; for a graph that this variant lacks, the fp32 one, so that a model of which only
 * the photo side was quantised is whole.
 * @returns what is there of the first variant when the one asked for is not there at all.
 */
export async function openVariant(
  files: Awaited<ReturnType<typeof findGraphFiles>>,
  asked: Variant,
): Promise<{ variant: Variant; graphs: GraphFiles }> {
  const present = Object.keys(files) as Variant[];
  const variant = files[asked] ? asked : (present[0] ?? asked);
  const stems: Partial<Record<Stem, string>> = { ...files.fp32, ...files[variant] };
  return { variant, graphs: await assignRoles(stems) };
}

async function assignRoles(stems: Partial<Record<Stem, string>>): Promise<GraphFiles> {
  const graphs: GraphFiles = {};
  for (const [stem, role] of Object.entries(STEMS) as [Stem, (typeof STEMS)[Stem]][]) {
    const path = stems[stem];
    if (path === undefined) continue;
    if (role === "either" && (graphs.vision || graphs.text)) continue; // both sides once more, in one graph
    const header = await readOnnxHeader(path);
    const actual = role === "either" ? roleOf(path, header) : role;
    graphs[actual] ??= { path, header };
  }
  if (!graphs.vision && !graphs.text) throw new TypeError("onnx/ holds no graph that takes photos or words");
  return graphs;
}

function roleOf(path: string, { inputs }: OnnxHeader): "vision" | "text" {
  const photos = inputs.some(({ name }) => name === "pixel_values");
  const words = inputs.some(({ name }) => name === "input_ids");
  if (photos && words) {
    throw new TypeError(
      `${path} takes photos and words in one graph; split it into onnx/vision_model.onnx (pixel_values → image_embeds) and onnx/text_model.onnx (input_ids → text_embeds): docs/how-to/models.md says how`,
    );
  }
  if (!photos && !words) {
    throw new TypeError(
      `${path} takes ${inputs.map(({ name }) => name).join(", ")}, expected pixel_values or input_ids`,
    );
  }
  return photos ? "vision" : "text";
}

async function onnxFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
  return names.filter((name) => name.endsWith(".onnx")).sort();
}

import { VARIANTS, type Variant } from "../../../services/encoder/repository/graph-files.ts";
import { CommandError } from "../../command.ts";
import type { HubFile } from "./hub.ts";

/** Read by the Encoder, where they are. */
const CONFIGS = [
  "config.json",
  "preprocessor_config.json",
  "processor_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "generation_config.json",
  "1_Pooling/config.json",
];
/** Kept beside, for people. */
const PAPERS = /^(README\.md|LICEN[CS]E(\.(md|txt))?|NOTICE(\.txt)?)$/i;
const APART = ["vision_model", "text_model", "encoder_model", "decoder_model"];

/**
 * The files of a repository that the Encoder needs: its JSON files, the graphs of the variants asked for with their
 * external data, the model card and the licence. `model.onnx` only where no graph of its own does the work.
 * @throws CommandError when there is no ONNX export, or none in these variants.
 */
export function selectFiles(files: readonly HubFile[], variants: readonly Variant[]): HubFile[] {
  const base = files.some(({ path }) => /^onnx\/[^/]+\.onnx$/.test(path)) ? "onnx/" : "";
  const stems = APART.some((stem) => files.some(({ path }) => isGraph(path, base, stem))) ? APART : ["model"];
  const graphs = variants.flatMap((variant) => stems.flatMap((stem) => graphOf(files, base, stem, variant)));
  if (graphs.length === 0) throw new CommandError(nothingFound(files, variants));
  const data = graphs.flatMap(({ path }) => files.filter((file) => isDataOf(file.path, path)));
  const others = files.filter(({ path }) => CONFIGS.includes(path) || PAPERS.test(path));
  return [...others, ...graphs, ...data];
}

/** The variants that a repository has at all. */
export function variantsIn(files: readonly HubFile[]): Variant[] {
  const names = files.map(({ path }) => path);
  return (Object.keys(VARIANTS) as Variant[]).filter((variant) =>
    VARIANTS[variant].some((ending) => names.some((name) => graphName(ending).test(name))),
  );
}

function graphOf(files: readonly HubFile[], base: string, stem: string, variant: Variant): HubFile[] {
  for (const ending of VARIANTS[variant]) {
    const found = files.find(({ path }) => path === `${base}${stem}${ending}.onnx`);
    if (found) return [found];
  }
  return [];
}

function isGraph(path: string, base: string, stem: string): boolean {
  return path.startsWith(`${base}${stem}`) && graphName("(_[a-z0-9]+)?").test(path) && !path.includes("decoder");
}

function graphName(ending: string): RegExp {
  return new RegExp(`^(onnx/)?(${[...APART, "model"].join("|")})${ending}\\.onnx$`);
}

/** Weights beyond 2 GB lie beside the graph: model.onnx_data, model.onnx_data_1, model.onnx.data. */
function isDataOf(path: string, graph: string): boolean {
  return path.startsWith(graph) && /^[._]data(_\d+)?$/.test(path.slice(graph.length));
}

function nothingFound(files: readonly HubFile[], variants: readonly Variant[]): string {
  const there = variantsIn(files);
  if (there.length > 0) return `there is no ${variants.join(" or ")} export, but ${there.join(", ")}: see --variant`;
  return "there is no ONNX export in this repository (onnx/*.onnx); export it with Optimum and use: flashfit models add";
}

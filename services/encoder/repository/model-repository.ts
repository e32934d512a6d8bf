import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ModelPack, readPack } from "./model-pack.ts";

/** One model as it lies on disk: readable, or why not. */
export type StoredModel =
  | { kind: "ready"; pack: ModelPack; graphs: Record<string, string> }
  | { kind: "broken"; name: string; revision: string; reason: string };

/** Graph → file names under `onnx/` it may have, in Hugging Face's exports. */
const GRAPH_FILES = {
  vision: ["vision_model.onnx", "encoder_model.onnx"],
  text: ["text_model.onnx"],
  decoder: ["decoder_model.onnx"],
} as const;

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * The models of a directory, `<name>/<version>/` each in Hugging Face's ONNX layout, by name. The highest version of a
 * name wins; a broken one is not replaced by an older one, because their vectors cannot be compared.
 * @throws Error when the directory cannot be read.
 */
export async function readModels(directory: string): Promise<StoredModel[]> {
  const names = await folders(directory).catch((cause) => {
    throw new Error(
      `the model directory ${directory} cannot be read (${messageOf(cause)}); set MODEL_DIR to one that holds <name>/<version>/`,
      { cause },
    );
  });
  return Promise.all(names.map((name) => readModel(directory, name)));
}

/** Orders versions by their numbers: 2 before 10, 1.9 before 1.10. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

async function readModel(directory: string, name: string): Promise<StoredModel> {
  const versions = (await folders(join(directory, name))).sort(compareVersions);
  const revision = versions.at(-1) ?? "";
  try {
    if (!NAME.test(name)) throw new TypeError(`the model name ${JSON.stringify(name)} does not match ${NAME}`);
    if (!VERSION.test(revision)) {
      throw new TypeError(
        revision ? `the version ${JSON.stringify(revision)} does not match ${VERSION}` : "it has no version directory",
      );
    }
    const folder = join(directory, name, revision);
    const graphs = await findGraphs(folder);
    const pack = readPack(name, revision, await readFiles(folder), {
      vision: "vision" in graphs,
      text: "text" in graphs,
      decoder: "decoder" in graphs,
    });
    return { kind: "ready", pack, graphs };
  } catch (error) {
    return { kind: "broken", name, revision, reason: `${join(name, revision)}: ${messageOf(error)}` };
  }
}

async function findGraphs(folder: string): Promise<Record<string, string>> {
  const graphs: Record<string, string> = {};
  for (const [graph, names] of Object.entries(GRAPH_FILES)) {
    for (const name of names) {
      const file = join(folder, "onnx", name);
      if (!(graph in graphs) && (await exists(file))) graphs[graph] = file;
    }
  }
  if (!("vision" in graphs || "text" in graphs)) {
    const known = [...GRAPH_FILES.vision, ...GRAPH_FILES.text].join(", ");
    throw new TypeError(`onnx/ holds none of ${known}`);
  }
  return graphs;
}

async function readFiles(folder: string) {
  const [config, preprocessor, tokenizer, tokenizerConfig, generation] = await Promise.all(
    ["config", "preprocessor_config", "tokenizer", "tokenizer_config", "generation_config"].map((file) =>
      readJson(join(folder, `${file}.json`)),
    ),
  );
  return { config, preprocessor, tokenizer, tokenizerConfig, generation };
}

async function readJson(file: string): Promise<unknown> {
  if (!(await exists(file))) return undefined;
  const text = await readFile(file, "utf8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(`${file}: ${messageOf(cause)}`, { cause });
  }
}

async function folders(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith("."))
    .map((entry) => entry.name)
    .sort();
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

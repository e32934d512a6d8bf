import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { findGraphFiles, openVariant, type Variant } from "./graph-files.ts";
import { messageOf, readJsonFile } from "./json.ts";
import { type ModelPack, type PackFiles, readPack } from "./model-pack.ts";
import { withRemedy } from "./remedies.ts";
import { VersionMemo } from "./version-memo.ts";

/** One model version as it lies on disk: readable, or why not. */
export type StoredModel =
  | {
      kind: "ready";
      pack: ModelPack;
      /** "vision", "text", "decoder" → ONNX file. */
      graphs: Record<string, string>;
      /** The version's directory. */
      folder: string;
      /** The variant that `graphs` are of. */
      variant: Variant;
    }
  | { kind: "broken"; name: string; revision: string; reason: string };

export interface ReadOptions {
  /** Weights to use where a version has them; else what it has. Default "fp32". */
  variant?: Variant | undefined;
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * The models of a directory, `<name>/<version>/` each in Hugging Face's ONNX layout, by name. The highest version of a
 * name wins; a broken one is not replaced by an older one, because their vectors cannot be compared.
 * @throws Error when the directory cannot be read.
 */
export async function readModels(directory: string, options: ReadOptions = {}): Promise<StoredModel[]> {
  const names = await modelNames(directory);
  return Promise.all(
    names.map(async (name) => {
      const versions = await versionsOf(directory, name);
      return readModel(directory, name, versions.at(-1) ?? "", options);
    }),
  );
}

/**
 * Every version of every model of a directory, by name, the highest version last. A name without a version counts as
 * one broken model, so that it is seen.
 * @throws Error when the directory cannot be read.
 */
export function readVersions(directory: string, options: ReadOptions = {}): Promise<StoredModel[]> {
  return new VersionReader(directory, options).list();
}

/** Reads a directory again and again; a version whose files are as they were is not read anew. */
export class VersionReader {
  readonly #directory: string;
  readonly #options: ReadOptions;
  readonly #memo: VersionMemo<StoredModel>;

  constructor(directory: string, options: ReadOptions = {}, memo = new VersionMemo<StoredModel>()) {
    this.#directory = directory;
    this.#options = options;
    this.#memo = memo;
  }

  /** As readVersions. */
  async list(): Promise<StoredModel[]> {
    const names = await modelNames(this.#directory);
    const all = names.map(async (name) => {
      const versions = await versionsOf(this.#directory, name);
      return (versions.length > 0 ? versions : [""]).map((version) => ({ name, version }));
    });
    const found = (await Promise.all(all)).flat();
    this.#memo.keepOnly(found.map(({ name, version }) => join(this.#directory, name, version)));
    return Promise.all(found.map(({ name, version }) => this.#read(name, version)));
  }

  #read(name: string, version: string): Promise<StoredModel> {
    const read = () => readModel(this.#directory, name, version, this.#options);
    return version === "" ? read() : this.#memo.get(join(this.#directory, name, version), read);
  }
}

/** Orders versions by their numbers: 2 before 10, 1.9 before 1.10. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** One version; what is wrong with it is told, not thrown. */
export async function readModel(
  directory: string,
  name: string,
  revision: string,
  options: ReadOptions = {},
): Promise<StoredModel> {
  try {
    checkName(name);
    if (!revision) throw new TypeError("it has no version directory");
    checkVersion(revision);
    return await readVersionFolder(join(directory, name, revision), name, revision, options);
  } catch (error) {
    return { kind: "broken", name, revision, reason: `${join(name, revision)}: ${withRemedy(messageOf(error))}` };
  }
}

/**
 * The model in a folder, wherever it lies.
 * @throws TypeError that names the file, what is wrong in it and what is expected.
 */
export async function readVersionFolder(
  folder: string,
  name: string,
  revision: string,
  { variant: asked = "fp32" }: ReadOptions = {},
): Promise<Extract<StoredModel, { kind: "ready" }>> {
  const { variant, graphs } = await openVariant(await findGraphFiles(folder), asked);
  const { vision, text, decoder } = graphs;
  const pack = readPack(name, revision, await readFiles(folder), {
    vision: vision?.header,
    text: text?.header,
    decoder: decoder?.header,
  });
  const paths = Object.entries(graphs).map(([graph, { path }]: [string, { path: string }]) => [graph, path]);
  return { kind: "ready", pack, graphs: Object.fromEntries(paths), folder, variant };
}

/** @throws TypeError when a model cannot be called that. */
export function checkName(name: string): void {
  if (!NAME.test(name)) throw new TypeError(`the model name ${JSON.stringify(name)} does not match ${NAME}`);
}

/** @throws TypeError when a version cannot be called that. */
export function checkVersion(version: string): void {
  if (!VERSION.test(version)) throw new TypeError(`the version ${JSON.stringify(version)} does not match ${VERSION}`);
}

/** Version directories of a model, the highest last. */
export async function versionsOf(directory: string, name: string): Promise<string[]> {
  return (await folders(join(directory, name))).sort(compareVersions);
}

/** Model directories, sorted. @throws Error that names the setting when the directory cannot be read. */
export async function modelNames(directory: string): Promise<string[]> {
  return folders(directory).catch((cause) => {
    throw new Error(
      `the model directory ${directory} cannot be read (${messageOf(cause)}); set MODEL_DIR to one that holds <name>/<version>/`,
      { cause },
    );
  });
}

async function readFiles(folder: string): Promise<PackFiles> {
  const read = (file: string) => readJsonFile(join(folder, file));
  const [config, preprocessor, processor, tokenizer, tokenizerConfig, specialTokens, generation, pooling] =
    await Promise.all([
      read("config.json"),
      read("preprocessor_config.json"),
      read("processor_config.json"),
      read("tokenizer.json"),
      read("tokenizer_config.json"),
      read("special_tokens_map.json"),
      read("generation_config.json"),
      read("1_Pooling/config.json"),
    ]);
  return { config, preprocessor, processor, tokenizer, tokenizerConfig, specialTokens, generation, pooling };
}

async function folders(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith("."))
    .map((entry) => entry.name)
    .sort();
}

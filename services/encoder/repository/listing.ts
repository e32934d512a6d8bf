import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { findGraphFiles, type Variant } from "./graph-files.ts";
import { modelNames, readModel, versionsOf } from "./model-repository.ts";
import { type OnnxHeader, readOnnxHeader } from "./onnx-header.ts";
import { readSource, type Source } from "./source.ts";

/** A file of a version: its path from the version's folder, with slashes. */
export interface ListedFile {
  path: string;
  bytes: number;
}

/** One model version on disk, as people want to see it. */
export interface ListedModel {
  name: string;
  version: string;
  folder: string;
  /** Set when it cannot be used: why. */
  broken?: string;
  variants: Variant[];
  /** "vision", "text", "decoder". */
  graphs: string[];
  /** Length of its vectors, where the graphs or config.json say it. */
  dimensions?: number;
  files: ListedFile[];
  /** Of all its files. */
  bytes: number;
  /** Where it was taken from, if `flashfit models pull` did. */
  source?: Source;
}

/**
 * Every version of every model of a directory, by name, the highest version last; nothing is loaded.
 * @throws Error when the directory cannot be read.
 */
export async function listModels(directory: string): Promise<ListedModel[]> {
  const listed: ListedModel[] = [];
  for (const name of await modelNames(directory)) {
    for (const version of await versionsOf(directory, name)) listed.push(await listModel(directory, name, version));
  }
  return listed;
}

/** One version. */
export async function listModel(directory: string, name: string, version: string): Promise<ListedModel> {
  const folder = join(directory, name, version);
  const [stored, files, source] = await Promise.all([
    readModel(directory, name, version),
    listFiles(folder),
    readSource(folder),
  ]);
  const base = { name, version, folder, files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  const origin = source && { source };
  if (stored.kind === "broken") return { ...base, ...origin, broken: stored.reason, variants: [], graphs: [] };
  const dimensions = await vectorLength(stored);
  return {
    ...base,
    ...origin,
    variants: Object.keys(await findGraphFiles(folder)) as Variant[],
    graphs: Object.keys(stored.graphs),
    ...(dimensions !== undefined && { dimensions }),
  };
}

/** Every file below a folder, sorted by path; hidden ones are left out. */
export async function listFiles(folder: string): Promise<ListedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !path.split("/").some((part) => part.startsWith(".")));
  const files = paths.sort().map(async (path) => ({ path, bytes: (await stat(join(folder, path))).size }));
  return Promise.all(files);
}

/** SHA-256 of a file as hex, read as a stream. */
export async function sha256OfFile(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { signal })) hash.update(chunk);
  return hash.digest("hex");
}

async function vectorLength(stored: Extract<Awaited<ReturnType<typeof readModel>>, { kind: "ready" }>) {
  for (const graph of ["vision", "text"] as const) {
    const [file, embedding] = [stored.graphs[graph], stored.pack.embeddings[graph]];
    if (file === undefined || embedding === undefined) continue;
    const length = lastDim(await readOnnxHeader(file), embedding.output);
    if (length !== undefined) return length;
  }
  return stored.pack.dimensions;
}

function lastDim({ outputs }: OnnxHeader, output: string): number | undefined {
  const last = outputs.find(({ name }) => name === output)?.dims.at(-1);
  return typeof last === "number" ? last : undefined;
}

import { join } from "node:path";
import { proveGolden, readGolden } from "../../services/encoder/inference/golden.ts";
import type { OpenInference } from "../../services/encoder/inference/inference.ts";
import { Model } from "../../services/encoder/model.ts";
import type { Variant } from "../../services/encoder/repository/graph-files.ts";
import { type ListedModel, sha256OfFile } from "../../services/encoder/repository/listing.ts";
import { readVersionFolder } from "../../services/encoder/repository/model-repository.ts";
import { CommandError } from "../command.ts";
import { type Closeness, closeness, type EmbedWatch, embedAll, type Inputs, type Vectors } from "./closeness.ts";

/** One thing that was looked at. */
export interface Check {
  what: string;
  /** "skipped": there was nothing to look at. */
  outcome: "ok" | "failed" | "skipped";
  detail: string;
}

/** What was found of one version. */
export interface Verified {
  name: string;
  version: string;
  ok: boolean;
  checks: Check[];
  /** How near the vectors of each variant are to those of the first. */
  closeness: Closeness[];
}

export interface VerifyOptions extends EmbedWatch {
  open: OpenInference;
  /** Photos and texts on which the variants are compared. */
  inputs: Inputs;
}

/**
 * Look at one version and write nothing: its files against source.json, its JSON files, its graphs in ONNX Runtime, its
 * golden vectors, and its variants against each other.
 */
export async function verifyModel(model: ListedModel, options: VerifyOptions): Promise<Verified> {
  const { inputs } = options;
  const { name, version, folder } = model;
  const checks: Check[] = [await checkFiles(model)];
  const found: [Variant, Vectors][] = [];
  if (model.broken !== undefined) checks.push({ what: "readable", outcome: "failed", detail: model.broken });
  for (const variant of model.variants) {
    const vectors = await tryVariant(model, variant, options, checks);
    if (vectors) found.push([variant, vectors]);
  }
  if (model.variants.length > 0 && (await readGolden(folder).catch(() => true)) === undefined) {
    checks.push({ what: "golden vectors", outcome: "skipped", detail: "there is no golden.json" });
  }
  const [only, ...more] = model.variants;
  if (only !== undefined && more.length === 0) {
    const detail = `only ${only} is there, nothing to compare it with (int8 would be onnx/*_quantized.onnx)`;
    checks.push({ what: "variants", outcome: "skipped", detail });
  }
  const [first, ...others] = found;
  const compared = first ? others.map((variant) => closeness(inputs, variant, first)) : [];
  return { name, version, ok: checks.every(({ outcome }) => outcome !== "failed"), checks, closeness: compared };
}

async function checkFiles({ folder, source, files }: ListedModel): Promise<Check> {
  const what = "files";
  if (!source) return { what, outcome: "skipped", detail: "there is no source.json to compare them with" };
  const wrong: string[] = [];
  for (const { path, bytes, sha256 } of source.files) {
    const there = files.find((file) => file.path === path);
    if (!there) wrong.push(`${path} is missing`);
    else if (there.bytes !== bytes) wrong.push(`${path} has ${there.bytes} bytes, expected ${bytes}`);
    else if ((await sha256OfFile(join(folder, ...path.split("/")))) !== sha256) wrong.push(`${path} was changed`);
  }
  if (wrong.length > 0) return { what, outcome: "failed", detail: wrong.join("; ") };
  return { what, outcome: "ok", detail: `${source.files.length} files as ${source.origin} has them` };
}

/** Its vectors of the inputs; what happens is noted. */
async function tryVariant(
  { name, version, folder }: ListedModel,
  variant: Variant,
  { open, inputs, onDone, signal }: VerifyOptions,
  checks: Check[],
): Promise<Vectors | undefined> {
  const what = `${variant} graphs`;
  signal?.throwIfAborted();
  try {
    const { pack, graphs } = await readVersionFolder(folder, name, version, { variant });
    const inference = await open(graphs, { threads: 1 });
    try {
      const model = await Model.prove(pack, inference);
      checks.push({ what, outcome: "ok", detail: `${Object.keys(graphs).join(", ")}; ${model.dimensions} dimensions` });
      const golden = await readGolden(folder);
      if (golden) {
        await proveGolden(model, golden, variant !== "fp32");
        const count = golden.photos.length + golden.texts.length;
        checks.push({ what: `${variant} golden vectors`, outcome: "ok", detail: `${count} as where it was made` });
      }
      return await embedAll(model, inputs, { onDone, signal });
    } finally {
      await inference.close();
    }
  } catch (error) {
    if (error instanceof CommandError) throw error; // a photo, not the model
    checks.push({ what, outcome: "failed", detail: (error as Error).message });
    return undefined;
  }
}

import { createHash } from "node:crypto";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { projectRoot } from "../../cli/state/home.ts";
import type { EncodeResponse } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { createTestEncoder, loadDefaultModels, MemoryCache, MODELS } from "../../services/encoder/testing.ts";
import { MODELS as MODEL_NAMES } from "../../services/fusion/ranking/rank-types.ts";
import { floatsFromBytes } from "../../services/kit/vector.ts";
import { type LabelledFile, listPhotographs, photographs } from "../photographs.ts";
import { promptFor } from "../words.ts";

/** One photograph or sentence as the default model pack sees it. */
export interface Seen {
  /** The folder of a photograph, the category that a sentence names. */
  category: string;
  /** The category and colour as the classifying model names them; of a sentence, what it says. */
  saidCategory: string;
  colour: string;
  /** Unit vectors by model, in the order of MODELS. */
  vectors: Float32Array[];
}

/** What the simulation is about. */
export interface SeenWorld {
  /** The photographs of the training part: what can be shown. */
  catalogue: Seen[];
  /** The photographs of the validation part: what is asked with. */
  photos: Seen[];
  /** "a photo of a red dress", for each category and colour of the catalogue. */
  texts: Seen[];
}

/** @throws Error when the photographs are not there. */
export async function seenWorld(say: (line: string) => void): Promise<SeenWorld> {
  const [train, validation] = [await listPhotographs("train"), await listPhotographs("validation")];
  if (!train || !validation) {
    throw new Error(
      `expected photographs at ${photographs}, got none; set FLASHFIT_PHOTOS to a folder with train/<category> and validation/<category>`,
    );
  }
  const file = join(projectRoot, ".flashfit", "eval", `fusion-${await digestOf([...train, ...validation])}.json`);
  const kept = await readFile(file, "utf8").catch(() => undefined);
  if (kept !== undefined) return fromJson(kept);
  say(`${train.length + validation.length} photographs are seen by the models for the first time; kept in ${file}`);
  const world = await see(train, validation);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(`${file}.${process.pid}`, toJson(world));
  await rename(`${file}.${process.pid}`, file);
  return world;
}

/** Of the models' weights and the names and sizes of the photographs. */
async function digestOf(files: readonly LabelledFile[]): Promise<string> {
  const hash = createHash("sha256").update("2");
  for (const name of MODEL_NAMES) hash.update(await readFile(join(MODELS, name, "1", "golden.json")));
  for (const { file } of files) hash.update(`${file.split("/").at(-1)} ${(await stat(file)).size}\n`);
  return hash.digest("hex").slice(0, 16);
}

async function see(train: LabelledFile[], validation: LabelledFile[]): Promise<SeenWorld> {
  const models = await loadDefaultModels();
  try {
    const { encoder } = createTestEncoder(new MemoryCache());
    const call = { signal: new AbortController().signal, priority: "bulk" as const, caller: "eval" };
    const chosen = MODEL_NAMES.map((name) => models.loaded.find((model) => model.name === name)!);
    const photo = async ({ category, file }: LabelledFile): Promise<Seen> => {
      const { answers } = await encoder.encodePhoto(await readFile(file), chosen, undefined, call);
      const colour = answers.flatMap((answer) => answer?.colours ?? [])[0]?.name ?? "";
      const saidCategory = answers.flatMap((answer) => answer?.categories ?? [])[0]?.name ?? "";
      return { category, saidCategory, colour, vectors: vectorsOf(answers) };
    };
    const [catalogue, photos]: [Seen[], Seen[]] = [[], []];
    for (const file of train) catalogue.push(await photo(file));
    for (const file of validation) photos.push(await photo(file));
    const texts: Seen[] = [];
    const named = new Map(catalogue.map(({ category, colour }) => [`${category} ${colour}`, { category, colour }]));
    for (const [, { category, colour }] of [...named].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const sentence = promptFor(category).replace("of a ", `of a ${colour} `);
      texts.push({
        category,
        saidCategory: category,
        colour,
        vectors: vectorsOf(await encoder.encodeText(sentence, chosen, call)),
      });
    }
    return { catalogue, photos, texts };
  } finally {
    await models.close();
  }
}

function vectorsOf(answers: readonly (EncodeResponse | undefined)[]): Float32Array[] {
  return MODEL_NAMES.map((name) => {
    const found = answers.flatMap((answer) => answer?.embeddings ?? []).find(({ model }) => model === name);
    if (!found) throw new Error(`expected a vector of ${name}, got none`);
    return floatsFromBytes(found.vector);
  });
}

interface Kept {
  category: string;
  saidCategory: string;
  colour: string;
  /** base64 of float32. */
  vectors: string[];
}

function toJson(world: SeenWorld): string {
  return JSON.stringify(world, (key, value) =>
    key === "vectors"
      ? (value as Float32Array[]).map((v) => Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString("base64"))
      : value,
  );
}

function fromJson(text: string): SeenWorld {
  const kept = JSON.parse(text) as Record<keyof SeenWorld, Kept[]>;
  const open = (list: Kept[]): Seen[] =>
    list.map(({ vectors, ...rest }) => ({
      ...rest,
      vectors: vectors.map((v) => floatsFromBytes(Buffer.from(v, "base64"))),
    }));
  return { catalogue: open(kept.catalogue), photos: open(kept.photos), texts: open(kept.texts) };
}

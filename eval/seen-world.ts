import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import type { Client } from "@connectrpc/connect";
import { projectRoot } from "../cli/state/home.ts";
import type { EncoderService } from "../gen/flashfit/encoder/v1/encoder_pb.ts";
import { MODELS } from "../services/fusion/ranking/rank-types.ts";
import { floatsFromBytes } from "../services/kit/vector.ts";
import { digestOf, filesBelow, type NamedFile } from "./digest.ts";
import { encodePhotographs, encodeText } from "./encode-photographs.ts";
import { withEncoder } from "./encoder-process.ts";
import { type LabelledFile, listBothSplits, type Split } from "./photographs.ts";
import { promptFor } from "./words.ts";

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

/** All photographs and some sentences, seen by the default pack. */
export interface SeenWorld {
  /** The photographs of the training part: what can be shown. */
  catalogue: Seen[];
  /** The photographs of the validation part: what is asked with. */
  photos: Seen[];
  /** "a photo of a red dress", for each category and colour of the catalogue. */
  texts: Seen[];
}

/** To be raised when the Encoder makes other vectors of the same photographs with the same models, or when what is kept looks otherwise. */
const FORMAT = "4";
const KEPT = join(projectRoot, ".flashfit", "eval");

/**
 * Seen once and then kept, under the hash of all that it is made of.
 * @returns why not, when the photographs are not there
 */
export async function seenWorld(say: (line: string) => void): Promise<SeenWorld | { reason: string }> {
  const splits = await listBothSplits();
  if ("reason" in splits) return splits;
  const file = join(KEPT, `seen-${await digestOf(FORMAT, await madeOf(splits))}.json`);
  if (existsSync(file)) return fromJson(await readFile(file, "utf8"));
  const { train, validation } = splits;
  say(`${train.length + validation.length} photographs are seen by the models for the first time; kept in ${file}`);
  const world = await withEncoder((encoder) => see(encoder, splits));
  await mkdir(KEPT, { recursive: true });
  await writeFile(`${file}.${process.pid}`, toJson(world));
  await rename(`${file}.${process.pid}`, file);
  return world;
}

/** The files of the models, weights and all, and the photographs. */
async function madeOf(splits: Record<Split, LabelledFile[]>): Promise<NamedFile[]> {
  const files: NamedFile[] = [];
  for (const model of MODELS) files.push(...(await filesBelow(join(projectRoot, "models", model))));
  for (const [split, photographs] of Object.entries(splits)) {
    files.push(...photographs.map(({ category, file }) => ({ name: `${split} ${category}`, file })));
  }
  return files;
}

async function see(
  encoder: Client<typeof EncoderService>,
  { train, validation }: Record<Split, LabelledFile[]>,
): Promise<SeenWorld> {
  const photographs = async (files: LabelledFile[]): Promise<Seen[]> => {
    const encoded = await encodePhotographs(encoder, files, { parallel: 1 });
    return encoded.map(({ category, saidCategory, saidColour, vectors }) => {
      return { category, saidCategory, colour: saidColour, vectors: inOrder(vectors) };
    });
  };
  const [catalogue, photos] = [await photographs(train), await photographs(validation)];
  const texts: Seen[] = [];
  const named = new Map(catalogue.map(({ category, colour }) => [`${category} ${colour}`, { category, colour }]));
  for (const [, { category, colour }] of [...named].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const sentence = promptFor(category).replace("of a ", `of a ${colour} `);
    texts.push({ category, saidCategory: category, colour, vectors: inOrder(await encodeText(encoder, sentence)) });
  }
  return { catalogue, photos, texts };
}

function inOrder(vectors: ReadonlyMap<string, Float32Array>): Float32Array[] {
  return MODELS.map((name) => {
    const found = vectors.get(name);
    if (!found) throw new Error(`expected a vector of ${name}, got ${[...vectors.keys()].join(", ") || "none"}`);
    return found;
  });
}

interface Kept extends Omit<Seen, "vectors"> {
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

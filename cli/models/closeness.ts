import { readFile } from "node:fs/promises";
import type { Model } from "../../services/encoder/model.ts";
import { PhotoDecoder } from "../../services/encoder/preprocessing/photo-decoder.ts";
import type { Variant } from "../../services/encoder/repository/graph-files.ts";
import { findPhotos } from "../client/photos.ts";
import { CommandError } from "../command.ts";

/** What the variants are asked. */
export interface Inputs {
  photos: { key: string; load(): Promise<Uint8Array> }[];
  texts: string[];
}

/** Unit vectors, in the order of the inputs. */
export interface Vectors {
  photos: Float32Array[];
  texts: Float32Array[];
}

/** Cosine between the vectors of two variants. */
export interface Closeness {
  variant: Variant;
  to: Variant;
  photos?: Spread;
  texts?: Spread;
}

export interface Spread {
  count: number;
  min: number;
  mean: number;
}

/** More photos say nothing new. */
const MOST_PHOTOS = 200;

const TEXTS = [
  "a black dress",
  "a photo of a white t-shirt",
  "blue denim jacket",
  "red running shoes",
  "a brown skirt with buttons",
  "grey wool hat",
  "striped long sleeve shirt",
  "beige shorts for summer",
];

/** The photos of a folder (every n-th of many), or the drawn sample wardrobe; and some sentences. */
export async function findInputs(folder: string | undefined): Promise<Inputs> {
  if (folder === undefined) return { photos: await samplePhotos(), texts: TEXTS };
  const { photos } = await findPhotos(folder);
  if (photos.length === 0) throw new CommandError(`no photo below ${folder}`);
  const step = Math.ceil(photos.length / MOST_PHOTOS);
  const chosen = photos.filter((_, i) => i % step === 0);
  return { photos: chosen.map(({ key, path }) => ({ key, load: () => readFile(path) })), texts: TEXTS };
}

let sample: Promise<Inputs["photos"]> | undefined;

/** Drawn once, and all at once: where photos have been decoded, libvips is not allowed to read drawings any more. */
function samplePhotos(): Promise<Inputs["photos"]> {
  sample ??= drawSample();
  return sample;
}

async function drawSample(): Promise<Inputs["photos"]> {
  const { SAMPLE_WARDROBE, sampleName } = await import("../sample/wardrobe.ts");
  const { drawGarment } = await import("../sample/draw.ts");
  const drawn = SAMPLE_WARDROBE.map(async (garment) => {
    const photo = await drawGarment(garment);
    return { key: sampleName(garment), load: async () => photo };
  });
  return Promise.all(drawn);
}

/** The vectors of everything that the model embeds. @throws CommandError for a photo that cannot be read. */
export async function embedAll(model: Model, { photos, texts }: Inputs): Promise<Vectors> {
  const vectors: Vectors = { photos: [], texts: [] };
  const decoder = new PhotoDecoder({ decodes: 1, waiting: 1 });
  const { view } = model.pack;
  if (view) {
    for (const { key, load } of photos) {
      const bytes = await load();
      const decoded = decoder.check(bytes).then((photo) => decoder.decode(photo, view));
      const pixels = await decoded.catch((error: Error) => {
        throw new CommandError(`${key}: ${error.message}`);
      });
      vectors.photos.push((await model.embedPhoto(pixels)).vector);
    }
  }
  if (model.embedsText) for (const text of texts) vectors.texts.push(await model.embedText(text));
  return vectors;
}

/** How near one variant's vectors are to another's. */
export function closeness([variant, own]: [Variant, Vectors], [to, others]: [Variant, Vectors]): Closeness {
  const photos = spread(own.photos, others.photos);
  const texts = spread(own.texts, others.texts);
  return { variant, to, ...(photos && { photos }), ...(texts && { texts }) };
}

function spread(a: Float32Array[], b: Float32Array[]): Spread | undefined {
  const cosines = a.map((vector, i) => dot(vector, b[i] ?? new Float32Array()));
  if (cosines.length === 0) return undefined;
  const mean = cosines.reduce((sum, x) => sum + x, 0) / cosines.length;
  return { count: cosines.length, min: Math.min(...cosines), mean };
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] ?? Number.NaN), 0);
}

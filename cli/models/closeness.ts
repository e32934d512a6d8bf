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
  /** What has the lowest cosine: a photo's path, or a sentence. */
  lowest: string;
  /** Part of 1 whose nearest other one is the same with both variants: what a search would notice. */
  sameNearest: number;
}

/** What embedding says and hears while it goes on. */
export interface EmbedWatch {
  /** One more photo or text is done. */
  onDone?: (() => void) | undefined;
  /** Aborted: no other photo is begun, and its reason is thrown. */
  signal?: AbortSignal | undefined;
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
export async function embedAll(
  model: Model,
  { photos, texts }: Inputs,
  { onDone, signal }: EmbedWatch = {},
): Promise<Vectors> {
  const vectors: Vectors = { photos: [], texts: [] };
  const decoder = new PhotoDecoder({ decodes: 1, waiting: 1 });
  const { view } = model.pack;
  if (view) {
    for (const { key, load } of photos) {
      signal?.throwIfAborted();
      const bytes = await load();
      const decoded = decoder.check(bytes).then((photo) => decoder.decode(photo, view));
      const pixels = await decoded.catch((error: Error) => {
        throw new CommandError(`${key}: ${error.message}`);
      });
      vectors.photos.push((await model.embedPhoto(pixels)).vector);
      onDone?.();
    }
  }
  if (model.embedsText) {
    for (const text of texts) {
      signal?.throwIfAborted();
      vectors.texts.push(await model.embedText(text));
      onDone?.();
    }
  }
  return vectors;
}

/** How near one variant's vectors are to another's, of the same inputs. */
export function closeness(
  inputs: Inputs,
  [variant, own]: [Variant, Vectors],
  [to, others]: [Variant, Vectors],
): Closeness {
  const photos = spread(
    inputs.photos.map(({ key }) => key),
    own.photos,
    others.photos,
  );
  const texts = spread(inputs.texts, own.texts, others.texts);
  return { variant, to, ...(photos && { photos }), ...(texts && { texts }) };
}

function spread(keys: string[], a: Float32Array[], b: Float32Array[]): Spread | undefined {
  if (a.length === 0 || b.length === 0) return undefined;
  const cosines = a.map((vector, i) => dot(vector, b[i] ?? new Float32Array()));
  const lowest = cosines.reduce((least, cosine, i) => (cosine < (cosines[least] ?? 0) ? i : least), 0);
  const same = a.filter((_, i) => nearestOther(a, i) === nearestOther(b, i)).length;
  return {
    count: cosines.length,
    min: cosines[lowest] ?? Number.NaN,
    mean: cosines.reduce((sum, x) => sum + x, 0) / cosines.length,
    lowest: keys[lowest] ?? "",
    sameNearest: same / a.length,
  };
}

/** Position of the vector that is nearest to that at `of`; -1 when it is alone. */
function nearestOther(vectors: Float32Array[], of: number): number {
  const probe = vectors[of] ?? new Float32Array();
  let [best, most] = [-1, -Infinity];
  for (const [i, vector] of vectors.entries()) {
    const cosine = i === of ? -Infinity : dot(probe, vector);
    if (cosine > most) [best, most] = [i, cosine];
  }
  return best;
}

function dot(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.NaN;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

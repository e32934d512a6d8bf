import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { ArrayTensor } from "./inference.ts";

/** What a model version answered where it was made: `golden.json` in its folder. Vectors are float32, base64. */
export type Golden = z.infer<typeof schema>;

/** What is asked of a model to be compared. */
export interface Embedder {
  embedPhoto(pixels: ArrayTensor): Promise<{ vector: Float32Array }>;
  embedText(text: string): Promise<Float32Array>;
}

const vector = z.base64().transform(fromBase64);
const size = z.number().int().min(1).max(4096);
const schema = z.object({
  /** Least cosine to the recorded vectors. */
  minCosine: z.number().min(-1).max(1).optional(),
  photos: z.array(z.object({ seed: z.number().int().min(0), width: size, height: size, vector })).default([]),
  texts: z.array(z.object({ text: z.string(), vector })).default([]),
});

/** Runtimes and processors differ in the last digits; whole numbers for weights in much more. */
const MIN_COSINE = { exact: 0.999, quantised: 0.97 } as const;

/** The golden vectors of a version; undefined when it brings none. @throws Error that names the file. */
export async function readGolden(folder: string): Promise<Golden | undefined> {
  const file = join(folder, "golden.json");
  try {
    return schema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/**
 * Ask a model again what it was asked when it was made.
 * @throws Error with the cosine when an answer is another one.
 */
export async function proveGolden(model: Embedder, golden: Golden, quantised: boolean): Promise<void> {
  const least = golden.minCosine ?? (quantised ? MIN_COSINE.quantised : MIN_COSINE.exact);
  for (const { seed, width, height, vector } of golden.photos) {
    const answer = await model.embedPhoto(seededPixels(seed, width, height));
    check(`photo ${seed}`, answer.vector, vector, least);
  }
  for (const { text, vector } of golden.texts) {
    check(`text ${JSON.stringify(text)}`, await model.embedText(text), vector, least);
  }
}

/** Record what a model answers, as the text of a golden.json. */
export async function recordGolden(
  model: Embedder,
  photos: readonly { seed: number; width: number; height: number }[],
  texts: readonly string[],
): Promise<string> {
  const recorded = { photos: [] as object[], texts: [] as object[] };
  for (const photo of photos) {
    const { vector } = await model.embedPhoto(seededPixels(photo.seed, photo.width, photo.height));
    recorded.photos.push({ ...photo, vector: toBase64(vector) });
  }
  for (const text of texts) recorded.texts.push({ text, vector: toBase64(await model.embedText(text)) });
  return `${JSON.stringify(recorded, undefined, 2)}\n`;
}

/**
 * Noise like normalised pixels, from −2 to 2, the same everywhere: mulberry32
 * (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c), whole numbers only.
 */
export function seededPixels(seed: number, width: number, height: number): ArrayTensor & { type: "float32" } {
  let state = seed >>> 0;
  const data = Float32Array.from({ length: 3 * width * height }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 30 - 2;
  });
  return { type: "float32", dims: [1, 3, height, width], data };
}

/** Cosine of two vectors of the same length; undefined when the lengths differ. */
export function cosineOf(a: Float32Array, b: Float32Array): number | undefined {
  if (a.length !== b.length) return undefined;
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? 0;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(aa * bb);
}

function check(what: string, actual: Float32Array, expected: Float32Array, least: number): void {
  const cosine = cosineOf(actual, expected);
  if (cosine === undefined) {
    throw new Error(`golden ${what}: expected ${expected.length} dimensions, got ${actual.length}`);
  }
  if (!(cosine >= least)) throw new Error(`golden ${what}: expected a cosine of at least ${least}, got ${cosine}`);
}

function toBase64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

function fromBase64(text: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(text, "base64").subarray(0)).buffer);
}

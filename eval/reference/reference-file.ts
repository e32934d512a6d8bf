import { readFile } from "node:fs/promises";
import { z } from "zod";
import { dot } from "../measures.ts";

/** Below this cosine to the reference a vector is another one. */
export const LEAST_COSINE = 0.9995;

const vector = z.base64().transform((text) => new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer));
const apart = z.object({ min: z.number(), mean: z.number(), max: z.number() });
const schema = z.object({
  versions: z.record(z.string(), z.string()),
  /** Cosines between the reference vectors of different inputs: what a wrong answer would look like. */
  apart: z.object({ photos: apart, sentences: apart }),
  /** `file`: below the folder of validation photographs. */
  photos: z.array(z.object({ file: z.string(), vector })).min(1),
  /** `ids`: the tokens, cut to the model's length, without padding. */
  sentences: z.array(z.object({ text: z.string(), ids: z.array(z.number().int()), vector })).min(1),
});

/** What Python's transformers made of photographs and sentences, as `export_clip.py` beside this wrote it. Unit vectors. */
export type Reference = z.infer<typeof schema>;

/** @throws Error when the file is not there or holds something else. */
export async function readReference(file: string): Promise<Reference> {
  return schema.parse(JSON.parse(await readFile(file, "utf8")));
}

/** How near answers are to their reference. */
export interface Nearness {
  count: number;
  min: number;
  mean: number;
  /** What has the lowest cosine. */
  worst: string;
}

/**
 * Cosines of pairs of unit vectors.
 * @throws RangeError when there are none, or two vectors differ in length.
 */
export function nearness(pairs: readonly { what: string; actual: Float32Array; expected: Float32Array }[]): Nearness {
  const cosines = pairs.map(({ what, actual, expected }) => ({ what, cosine: dot(actual, expected) }));
  const [first] = cosines;
  if (!first) throw new RangeError("expected vectors to compare, got none");
  const lowest = cosines.reduce((least, next) => (next.cosine < least.cosine ? next : least), first);
  const mean = cosines.reduce((sum, { cosine }) => sum + cosine, 0) / cosines.length;
  return { count: cosines.length, min: lowest.cosine, mean, worst: lowest.what };
}

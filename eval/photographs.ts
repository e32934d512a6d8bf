import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { xorshift } from "../bench/onnx/random-weights.ts";

export interface LabelledFile {
  category: string;
  file: string;
}

export type Split = "train" | "validation";

/** Where the photographs are looked for: `<split>/<category>/<photo>`. */
export const photographs = resolve(process.env.FLASHFIT_PHOTOS ?? "../shared/data/clothing");

/** All photographs of a split by name; undefined when it is not there. */
export async function listPhotographs(split: Split): Promise<LabelledFile[] | undefined> {
  const root = join(photographs, split);
  const categories = await readdir(root).catch(() => undefined);
  if (!categories) return undefined;
  const lists = categories.sort().map(async (category) => {
    const names = (await readdir(join(root, category))).sort();
    return names.map((name) => ({ category, file: join(root, category, name) }));
  });
  return (await Promise.all(lists)).flat();
}

/** All photographs of both splits. @returns why not, when they are not there */
export async function listBothSplits(): Promise<Record<Split, LabelledFile[]> | { reason: string }> {
  const [train, validation] = [await listPhotographs("train"), await listPhotographs("validation")];
  return train && validation ? { train, validation } : { reason: noPhotographs("train", "validation") };
}

/** What to say when these splits are not there. */
export function noPhotographs(...splits: Split[]): string {
  const folders = splits.map((split) => `${split}/<category>`).join(" and ");
  return `no photographs at ${photographs}; set FLASHFIT_PHOTOS to a folder with ${folders}`;
}

/** `count` of the items, the same for the same seed. */
export function sample<T>(items: readonly T[], count: number, seed: number): T[] {
  const next = xorshift(seed);
  return items
    .map((item) => ({ item, order: next() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ item }) => item);
}

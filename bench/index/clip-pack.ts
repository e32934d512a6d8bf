import { type Seen, seenWorld } from "../../eval/seen-world.ts";
import { MODELS } from "../../services/fusion/ranking/rank-types.ts";
import type { Vectors } from "./fashion-mnist.ts";

/**
 * Photographs of garments as the default pack's CLIP sees them: those of the training split to search in, those of the validation
 * split to ask for. Unit vectors.
 *
 * @returns why not, where the photographs are not there
 */
export async function clipPack(): Promise<{ base: Vectors; queries: Vectors } | { reason: string }> {
  const world = await seenWorld((line) => console.error(line));
  return "reason" in world ? world : { base: byClip(world.catalogue), queries: byClip(world.photos) };
}

function byClip(seen: readonly Seen[]): Vectors {
  const vectors = seen.map(({ vectors }) => vectors[MODELS.indexOf("clip")]!);
  const dimensions = vectors[0]?.length ?? 0;
  const values = new Float32Array(new SharedArrayBuffer(4 * dimensions * vectors.length));
  for (const [at, vector] of vectors.entries()) values.set(vector, at * dimensions);
  return { dimensions, count: vectors.length, values };
}

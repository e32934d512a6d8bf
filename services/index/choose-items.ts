import { setImmediate as nextTurn } from "node:timers/promises";
import { failedPrecondition } from "../kit/errors.ts";
import type { ItemStore, ModelIndex } from "./store.ts";
import { TopK } from "./top-k.ts";

/** Ids looked at before others get their turn. */
const STRIDE = 5000;

/** Items of an index by a hash of seed and id: the same ones for the same contents, whatever order they came in. */
export async function chooseItems(
  store: ItemStore,
  { vectors, model }: ModelIndex,
  count: number,
  seed: number,
  signal: AbortSignal,
) {
  const top = new TopK(count);
  let seen = 0;
  for (const itemId of store.items.ids()) {
    const score = hash(itemId, seed);
    if (score >= top.threshold && vectors?.vector(itemId)) top.offer(itemId, score);
    if (++seen % STRIDE !== 0) continue;
    await nextTurn();
    signal.throwIfAborted();
  }
  const chosen = top.best().map(({ itemId }) => itemId);
  if (chosen.length === 0) throw failedPrecondition(`no item has a vector of model "${model}"`);
  return chosen;
}

/** FNV-1a with a finish that mixes the high bits (MurmurHash3's). */
function hash(text: string, seed: number): number {
  let value = 0x811c9dc5 ^ seed;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

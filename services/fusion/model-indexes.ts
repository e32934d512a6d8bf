import { notFound } from "../kit/errors.ts";

/** Which index holds the vectors of which model, as the Index's contract says. */
export const INDEX_OF_MODEL: ReadonlyMap<string, string> = new Map([
  ["clip", "clip_fashion"],
  ["blip", "blip_fashion"],
  ["fashion", "fashion_specific"],
]);

/** Throws NOT_FOUND, naming the models that there are, if one of these is none of them. */
export function requireKnownModels(models: readonly string[]): void {
  const unknown = models.filter((model) => !INDEX_OF_MODEL.has(model));
  if (unknown.length > 0) {
    const known = [...INDEX_OF_MODEL.keys()].sort().join(", ");
    throw notFound(`unknown model ${unknown.map((model) => JSON.stringify(model)).join(", ")}: there are ${known}`);
  }
}

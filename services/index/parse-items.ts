import type { Item } from "../../gen/flashfit/index/v1/index_pb.ts";
import { type FieldViolation, invalidArguments } from "../kit/errors.ts";
import { unstorable } from "../kit/storable-text.ts";
import { floatsFromBytes } from "../kit/vector.ts";
import type { StoredItem } from "./item.ts";
import { unitVector } from "./unit-vector.ts";

/**
 * The items of a request, their vectors at unit length.
 *
 * @throws INVALID_ARGUMENT naming every field: unknown or repeated model, a vector without direction or not finite.
 */
export function parseItems(items: Item[], models: readonly string[]): StoredItem[] {
  const violations: FieldViolation[] = [];
  const refuse = (field: string, description: string) => violations.push({ field, description });
  const parsed = items.map(({ itemId, ownerId, category, colour, embeddings }, at): StoredItem => {
    const item = `items[${at}]`;
    violations.push(
      ...unstorable({
        [`${item}.item_id`]: itemId,
        [`${item}.owner_id`]: ownerId,
        [`${item}.category`]: category,
        [`${item}.colour`]: colour,
      }),
    );
    const seen = new Set<string>();
    return {
      itemId,
      ownerId,
      category,
      colour,
      embeddings: embeddings.map(({ model, revision, vector }, embeddingAt) => {
        const field = `${item}.embeddings[${embeddingAt}]`;
        if (!models.includes(model)) refuse(`${field}.model`, `unknown model "${model}"; known: ${models.join(", ")}`);
        else if (seen.has(model)) refuse(`${field}.model`, `model "${model}" is given twice`);
        seen.add(model);
        violations.push(...unstorable({ [`${field}.revision`]: revision }));
        return { model, revision, vector: parseVector(vector, (reason) => refuse(`${field}.vector`, reason)) };
      }),
    };
  });
  if (violations.length > 0) throw invalidArguments(violations);
  return parsed;
}

/** The vector at unit length; what is wrong with it goes to `refuse`. */
export function parseVector(bytes: Uint8Array, refuse: (description: string) => void): Float32Array {
  try {
    return unitVector(floatsFromBytes(bytes));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    refuse(error.message);
    return new Float32Array();
  }
}

import type { Item } from "../../gen/flashfit/index/v1/index_pb.ts";
import { type FieldViolation, invalidArguments } from "../kit/errors.ts";
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
    for (const [name, text] of Object.entries({ item_id: itemId, owner_id: ownerId, category, colour })) {
      const why = unstorable(text);
      if (why) refuse(`items[${at}].${name}`, why);
    }
    const seen = new Set<string>();
    return {
      itemId,
      ownerId,
      category,
      colour,
      embeddings: embeddings.map(({ model, revision, vector }, embeddingAt) => {
        const field = `items[${at}].embeddings[${embeddingAt}]`;
        if (!models.includes(model)) refuse(`${field}.model`, `unknown model "${model}"; known: ${models.join(", ")}`);
        else if (seen.has(model)) refuse(`${field}.model`, `model "${model}" is given twice`);
        seen.add(model);
        const why = unstorable(revision);
        if (why) refuse(`${field}.revision`, why);
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

/** Why PostgreSQL cannot keep a text as it is. */
export function unstorable(text: string): string | undefined {
  if (text.includes("\0")) return "must not contain the character U+0000";
  return text.isWellFormed() ? undefined : "must be well-formed Unicode";
}

import type { Item } from "../../gen/flashfit/index/v1/index_pb.ts";
import { type FieldViolation, invalidArguments } from "../kit/errors.ts";
import { unstorable } from "../kit/storable-text.ts";
import { floatsFromBytes } from "../kit/vector.ts";
import type { StoredItem } from "./item.ts";
import type { IndexDefinition } from "./store.ts";
import { boundedVector, unitVector } from "./unit-vector.ts";
import type { VectorMetric } from "./vectors/types.ts";

/**
 * The items of a request, their vectors as the metric of their index wants them.
 *
 * @throws INVALID_ARGUMENT naming every field: unknown or repeated model, a vector without direction or not finite.
 */
export function parseItems(items: Item[], models: ReadonlyMap<string, IndexDefinition>): StoredItem[] {
  const violations: FieldViolation[] = [];
  const refuse = (field: string, description: string) => violations.push({ field, description });
  const parsed = items.map(({ itemId, ownerId, category, colour, priceCents, tags, embeddings }, at): StoredItem => {
    const item = `items[${at}]`;
    violations.push(
      ...unstorable({
        [`${item}.item_id`]: itemId,
        [`${item}.owner_id`]: ownerId,
        [`${item}.category`]: category,
        [`${item}.colour`]: colour,
        ...Object.fromEntries(tags.map((tag, tagAt) => [`${item}.tags[${tagAt}]`, tag])),
      }),
    );
    const seen = new Set<string>();
    return {
      itemId,
      ownerId,
      category,
      colour,
      priceCents,
      tags: [...new Set(tags)],
      embeddings: embeddings.map(({ model, revision, vector }, embeddingAt) => {
        const field = `${item}.embeddings[${embeddingAt}]`;
        const index = models.get(model);
        if (!index) {
          refuse(`${field}.model`, `unknown model "${model}"; known: ${[...models.keys()].join(", ")}`);
        } else if (seen.has(model)) {
          refuse(`${field}.model`, `model "${model}" is given twice`);
        }
        seen.add(model);
        violations.push(...unstorable({ [`${field}.revision`]: revision }));
        return {
          model,
          revision,
          vector: parseVector(vector, index?.metric ?? "cosine", (reason) => refuse(`${field}.vector`, reason)),
        };
      }),
    };
  });
  if (violations.length > 0) throw invalidArguments(violations);
  return parsed;
}

/** The vector as the metric wants it, at unit length for cosine; what is wrong with it goes to `refuse`. */
export function parseVector(
  bytes: Uint8Array,
  metric: VectorMetric,
  refuse: (description: string) => void,
): Float32Array {
  try {
    const vector = floatsFromBytes(bytes);
    return metric === "cosine" ? unitVector(vector) : boundedVector(vector);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    refuse(error.message);
    return new Float32Array();
  }
}

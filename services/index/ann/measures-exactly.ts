/** Parts of a factory string that keep vectors as they are. */
const WHOLE = /^(HNSW\d+|IVF\d+(_HNSW\d+)?|Flat)$/;

/** Whether a graph of this factory string compares whole vectors, at least in the end. */
export function measuresExactly(factory: string): boolean {
  return /,(RFlat|Refine\(Flat\))$/.test(factory) || factory.split(",").every((part) => WHOLE.test(part));
}

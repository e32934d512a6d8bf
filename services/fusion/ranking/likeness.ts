import type { Likeness } from "./order.ts";
import { product } from "./product.ts";
import type { Candidate } from "./rank-types.ts";
import { MODELS } from "./rank-types.ts";

/** The models in whose space two garments are compared, the one made for garments first. */
const BY_PREFERENCE = [...MODELS].reverse();

/**
 * How alike two candidates are: the cosine in the first space in which both have a vector, below 0 as 0; without vectors
 * half for the same category and half for the same colour. Each pair is computed once.
 */
export function likenessOf(candidates: readonly Candidate[]): Likeness {
  const n = candidates.length;
  const known = new Map<number, number>();
  return (a, b) => {
    const key = a < b ? a * n + b : b * n + a;
    const before = known.get(key);
    if (before !== undefined) return before;
    const value = compare(candidates[a] as Candidate, candidates[b] as Candidate);
    known.set(key, value);
    return value;
  };
}

function compare(a: Candidate, b: Candidate): number {
  for (const model of BY_PREFERENCE) {
    const [x, y] = [a.vectors?.get(model), b.vectors?.get(model)];
    const cosine = x && y && product(x, y);
    if (cosine !== undefined) return Math.max(0, Math.min(1, cosine));
  }
  const same = (name: "category" | "colour") => (a[name] !== "" && a[name] === b[name] ? 0.5 : 0);
  return same("category") + same("colour");
}

/** A photo's vector of unit length, and what it truly shows. */
export interface Labelled {
  vector: Float32Array;
  category: string;
}

/** Part of 1 for which `right` holds. */
export function share<T>(items: readonly T[], right: (item: T) => boolean): number {
  return items.filter(right).length / items.length;
}

/** The `count` items nearest to `probe` by cosine, nearest first. */
export function nearest(probe: Float32Array, items: readonly Labelled[], count: number): Labelled[] {
  const scores = Float32Array.from(items, ({ vector }) => dot(probe, vector));
  const order = Array.from(items.keys()).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  return order.slice(0, count).map((i) => items[i] as Labelled);
}

/** What most of the neighbours show; of equals the first by name, as numpy's argmax over counts by class has it. */
export function majority(neighbours: readonly Labelled[]): string {
  const votes = new Map<string, number>();
  for (const { category } of neighbours) votes.set(category, (votes.get(category) ?? 0) + 1);
  const byName = [...votes].sort(([a], [b]) => (a < b ? -1 : 1));
  return byName.reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** Accuracy of the majority of the `k` nearest of `known`. */
export function knnAccuracy(probes: readonly Labelled[], known: readonly Labelled[], k: number): number {
  return share(probes, (probe) => majority(nearest(probe.vector, known, k)) === probe.category);
}

/** Mean part of the `k` nearest of `known` that show the same category. */
export function precisionAt(probes: readonly Labelled[], known: readonly Labelled[], k: number): number {
  const parts = probes.map((probe) => share(nearest(probe.vector, known, k), (n) => n.category === probe.category));
  return parts.reduce((a, b) => a + b, 0) / parts.length;
}

/** Accuracy of choosing for each photo the prompt whose vector is nearest. */
export function zeroShotAccuracy(probes: readonly Labelled[], prompts: readonly Labelled[]): number {
  return share(probes, ({ vector, category }) => nearest(vector, prompts, 1)[0]?.category === category);
}

/** @throws RangeError when the lengths differ. */
export function dot(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new RangeError(`expected vectors of one length, got ${a.length} and ${b.length}`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** What one model found: item ids, best first, each at most once. */
export interface RankedList {
  model: string;
  itemIds: readonly string[];
}

/** An item with its place in the fusion. */
export interface FusedItem {
  id: string;
  /** Sum over the lists of weight / (k + rank); higher is better. */
  score: number;
  /** Model name to rank, 1 is best; a model that did not find the item is absent. */
  ranks: ReadonlyMap<string, number>;
}

export interface FusionOptions {
  /** Share of each list, by model; they need not sum to 1. */
  weights: ReadonlyMap<string, number>;
  /** How slowly the value of a rank falls; 60 is what the paper found good on every collection. */
  k?: number;
  /** Items whose score is multiplied by `1 + boost`. */
  boosted?: ReadonlySet<string>;
  boost?: number;
}

/**
 * A liked item counts 5 % more: at the top of the lists that is worth three ranks, so it can win against
 * what is about as near, and never against what is clearly nearer.
 */
export const LIKED_BOOST = 0.05;

/**
 * Weighted reciprocal rank fusion: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and
 * individual Rank Learning Methods", SIGIR 2009. Best first; equal scores by item id.
 */
export function fuseRanks(
  lists: readonly RankedList[],
  { weights, k = 60, boosted = new Set(), boost = LIKED_BOOST }: FusionOptions,
): FusedItem[] {
  const ranksOf = new Map<string, Map<string, number>>();
  // In the order of the model names, so that sums do not depend on the order of the lists.
  for (const { model, itemIds } of [...lists].sort((a, b) => compareText(a.model, b.model))) {
    itemIds.forEach((id, i) => {
      const ranks = ranksOf.get(id) ?? new Map<string, number>();
      ranksOf.set(id, ranks.set(model, i + 1));
    });
  }
  return [...ranksOf]
    .map(([id, ranks]) => {
      const sum = [...ranks].reduce((score, [model, rank]) => score + (weights.get(model) ?? 0) / (k + rank), 0);
      return { id, ranks, score: boosted.has(id) ? sum * (1 + boost) : sum };
    })
    .sort((a, b) => b.score - a.score || compareText(a.id, b.id));
}

/** Shares of these models that sum to 1, in the proportions of `believed`; equal ones if that says nothing of them. */
export function shareWeights(
  models: readonly string[],
  believed: Readonly<Record<string, number>> = {},
): Map<string, number> {
  const raw = models.map((model) => {
    const weight = Object.hasOwn(believed, model) ? (believed[model] ?? 0) : 0;
    return Number.isFinite(weight) && weight > 0 ? weight : 0;
  });
  // Measured by the largest one first, so that no sum overflows.
  const largest = Math.max(...raw);
  const scaled = raw.map((weight) => (largest > 0 ? weight / largest : 1));
  const sum = scaled.reduce((a, b) => a + b, 0);
  return new Map(models.map((model, i) => [model, (scaled[i] ?? 0) / sum]));
}

/** By code units, the same on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

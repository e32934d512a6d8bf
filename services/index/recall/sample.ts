import type { Neighbour } from "../vectors/types.ts";
import { hits } from "./recall.ts";

/** Asked for beyond `k` when a search is answered again, so that items which came meanwhile can be left out. */
export const SPARE = 16;

export interface SampledLists {
  /** What the caller got. */
  found: readonly Neighbour[];
  /** The nearest now, `k + SPARE` of them where there are so many. */
  exact: readonly Neighbour[];
  k: number;
  /** Whether an item was written or deleted after the search. */
  changed: (itemId: string) => boolean;
}

/**
 * Recall at k of a search as of its own state, from an exact answer of a moment later; undefined: too much has changed.
 *
 * Items that changed meanwhile are left out of both lists, and so many fewer are expected as the caller got of them. What
 * remains of the difference: an item that changed and that the graph had missed is replaced by the next nearest, so a miss
 * may be counted at another item than it was, or (when the graph had that one) not at all.
 */
export function recallOfSample({ found, exact, k, changed }: SampledLists): number | undefined {
  const same = ({ itemId }: Neighbour) => !changed(itemId);
  const kept = found.filter(same);
  const wanted = k - (found.length - kept.length);
  const truth = exact.filter(same).slice(0, wanted);
  if (truth.length < wanted && exact.length >= k + SPARE) return undefined;
  return truth.length === 0 ? 1 : hits(kept, truth) / truth.length;
}

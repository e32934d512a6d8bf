import { doubles, integers } from "./columns.ts";
import type { Candidate } from "./rank-types.ts";
import { sortedByScore } from "./sorted.ts";

/** One model's cosines of all candidates, on the scale that all models share. */
export interface Calibrated {
  model: string;
  /** By candidate: standard deviations above the mean of what this model found, −LIMIT to LIMIT. */
  values: Float64Array;
  /** By candidate: its rank among those that the model found, from 1; 0: the model did not find it. */
  ranks: Int32Array;
  /** How far the best stands out of what was found, as `values` counts; 0 when nothing was found. */
  peak: number;
}

/** Nothing counts for more than so many standard deviations. */
export const LIMIT = 4;

/**
 * Zero mean and unit variance over what the model found for this query (ZMUV: Montague and Aslam, "Relevance Score
 * Normalization for Metasearch", CIKM 2001). It needs no background set, so a model that a company puts in place of ours
 * is calibrated from its first query, for photos and for sentences alike, whose cosines lie far apart.
 * What the model did not find stands where its last one does: its cosine is that at most.
 */
export function calibrate(candidates: readonly Candidate[], model: string): Calibrated {
  const n = candidates.length;
  const cosines = doubles(n);
  const places = integers(n);
  let count = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const cosine = (candidates[i] as Candidate).cosines.get(model);
    if (cosine === undefined || !Number.isFinite(cosine)) continue;
    cosines[i] = cosine;
    places[count++] = i;
    sum += cosine;
  }
  const values = doubles(n);
  const ranks = integers(n);
  if (count === 0) return { model, values, ranks, peak: 0 };
  // Equal cosines by place, that is by id.
  const found = sortedByScore(places.subarray(0, count), cosines);
  const mean = sum / count;
  let squares = 0;
  for (let p = 0; p < count; p++) squares += ((cosines[places[p] as number] as number) - mean) ** 2;
  const deviation = Math.sqrt(squares / count);
  // Equal cosines say nothing, however small the noise in them.
  const scale = deviation > 1e-9 ? 1 / deviation : 0;
  const standing = (i: number) => Math.max(-LIMIT, Math.min(LIMIT, ((cosines[i] as number) - mean) * scale));
  values.fill(standing(found[count - 1] as number));
  for (let place = 0; place < count; place++) {
    const i = found[place] as number;
    values[i] = standing(i);
    ranks[i] = place + 1;
  }
  return { model, values, ranks, peak: values[found[0] as number] as number };
}

/**
 * How much the models agree: the mean part of each two models' ten best that are the same, 0 to 1; 0.5 (no word on it)
 * when there are not two.
 */
export function agreementOf(lists: readonly Calibrated[]): number {
  const answered = lists.filter(({ peak, ranks }) => peak !== 0 || ranks.some((rank) => rank > 0));
  let [sum, pairs] = [0, 0];
  for (let a = 0; a < answered.length; a++) {
    for (let b = a + 1; b < answered.length; b++) {
      sum += overlap((answered[a] as Calibrated).ranks, (answered[b] as Calibrated).ranks);
      pairs++;
    }
  }
  return pairs > 0 ? sum / pairs : 0.5;
}

function overlap(a: Int32Array, b: Int32Array): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const [inA, inB] = [isTop(a[i] as number), isTop(b[i] as number)];
    if (inA && inB) both++;
    if (inA || inB) either++;
  }
  return either > 0 ? both / either : 0;
}

function isTop(rank: number): boolean {
  return rank >= 1 && rank <= 10;
}

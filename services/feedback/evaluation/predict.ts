import { emptyMoments, type Moments, observe, solveRidge, without } from "./ridge.ts";
import type { Weighed } from "./weigh.ts";

/** What a reward model says of one recommendation; one element a place. */
export interface Prediction {
  /** Of the item that was shown. */
  shown: Float64Array;
  /** Of what the target policy would show there, in the mean over its chance. */
  target: Float64Array;
}

/** Each recommendation is predicted by a model that has not seen it, nor the rest of its fold. */
const FOLDS = 5;
const LAMBDA = 1;

/**
 * Predicts rewards for the doubly robust estimator: ridge regression on place, kind of query and the logged features, one
 * model a layout, cross-fitted (Chernozhukov et al.: Double/Debiased Machine Learning, 2018).
 *
 * Because it is linear, its mean over the target's chance is its value at the target's expected features. Where the log
 * does not have those, the model is one of place and kind alone: any policy fills every place, so its mean is known.
 */
export async function predictRewards(
  rounds: readonly Weighed[],
  target: string,
  pause: () => Promise<void> = async () => {},
): Promise<Prediction[]> {
  const groups = Map.groupBy(rounds.keys(), (at) => groupOf(rounds[at]!, target));
  const predictions: Prediction[] = new Array(rounds.length);
  for (const [group, members] of groups) {
    const rows = rowsOf(
      members.map((at) => rounds[at]!),
      group !== "",
      target,
    );
    const folds = Array.from({ length: FOLDS }, () => emptyMoments(rows.dimensions));
    for (const [n, at] of members.entries()) {
      const { recommendation, weights } = rounds[at]!;
      for (let place = 0; place < weights.length; place++) {
        observe(folds[n % FOLDS]!, rows.shown(recommendation, place), recommendation.places[place]!.reward);
      }
      if (n % 256 === 255) await pause();
    }
    const all = total(folds, rows.dimensions);
    const models = folds.map((fold) => solveRidge(without(all, fold), LAMBDA));
    for (const [n, at] of members.entries()) {
      const { recommendation, weights } = rounds[at]!;
      const model = models[n % FOLDS]!;
      const predict = (row: (of: typeof recommendation, place: number) => Float64Array) =>
        weights.map((_, place) => dot(model, row(recommendation, place)));
      predictions[at] = { shown: predict(rows.shown), target: predict(rows.target) };
      if (n % 256 === 255) await pause();
    }
  }
  return predictions;
}

/** Recommendations of one group have features of one layout, shown and expected, for all their places; or none: "". */
function groupOf({ recommendation, weights }: Weighed, target: string): string {
  const { layout, places, expectedFeatures } = recommendation;
  const length = places[0]?.features?.length ?? 0;
  const whole = places.slice(0, weights.length).every(({ features }) => features?.length === length);
  const expected = expectedFeatures[target]?.length ?? 0;
  return length > 0 && whole && expected >= length * weights.length ? `${layout}/${length}` : "";
}

/** Rows of the regression: which place, which kind, and the features if there are any. */
function rowsOf(group: readonly Weighed[], withFeatures: boolean, target: string) {
  const places = Math.max(...group.map(({ weights }) => weights.length));
  const kinds = [...new Set(group.map(({ recommendation }) => recommendation.kind))].sort();
  const features = withFeatures ? (group[0]?.recommendation.places[0]?.features?.length ?? 0) : 0;
  const dimensions = places + kinds.length + features;
  const row = (kind: string, place: number, values: Float32Array | undefined, from: number) => {
    const x = new Float64Array(dimensions);
    x[place] = 1;
    x[places + kinds.indexOf(kind)] = 1;
    for (let i = 0; i < features; i++) x[places + kinds.length + i] = values?.[from + i] ?? 0;
    return x;
  };
  type Of = Weighed["recommendation"];
  return {
    dimensions,
    shown: (of: Of, place: number) => row(of.kind, place, of.places[place]?.features, 0),
    target: (of: Of, place: number) => row(of.kind, place, of.expectedFeatures[target], place * features),
  };
}

function total(parts: readonly Moments[], dimensions: number): Moments {
  const sum = emptyMoments(dimensions);
  for (const { squares, products } of parts) {
    for (let i = 0; i < squares.length; i++) sum.squares[i] = sum.squares[i]! + squares[i]!;
    for (let i = 0; i < products.length; i++) sum.products[i] = sum.products[i]! + products[i]!;
  }
  return sum;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

import { fromPrior, learn } from "../../services/feedback/learning/belief.ts";
import { createJudge, type Judge } from "../../services/fusion/outfits/judge.ts";
import { DIMENSIONS, FIRST_TASTE_FEATURE } from "../../services/fusion/outfits/layout.ts";
import type { Piece } from "../../services/fusion/outfits/piece.ts";
import { PRIOR } from "../../services/fusion/outfits/prior.ts";
import { compatibilityOf } from "../../services/fusion/outfits/scoring.ts";
import type { OutfitDataset } from "./dataset.ts";
import { accuracyOfBest, areaUnderCurve } from "./measure.ts";
import type { Chance } from "./random.ts";

/** How good answers are. */
export interface Quality {
  /** Chance: 0.5. */
  auc: number;
  /** Of the four answers to a blank; chance: 0.25. */
  blank: number;
  /** How many of each could be asked: items without a slot, and outfits that have two of one, are left out. */
  asked: { outfits: number; blanks: number };
}

/** Scores a set of items; undefined: it is no outfit. */
export type Scorer = (items: readonly string[]) => number | undefined;

export function scorerBy(coefficients: Float64Array, pieces: ReadonlyMap<string, Piece>): Scorer {
  const judge = createJudge();
  return (items) => {
    const outfit = wearable(items, pieces);
    return outfit && compatibilityOf(judge.features(outfit), coefficients);
  };
}

export function qualityOf(
  { compatibility, blanks }: Pick<OutfitDataset, "compatibility" | "blanks">,
  score: Scorer,
): Quality {
  const scored = compatibility.flatMap(({ items, together }) => {
    const value = score(items);
    return value === undefined ? [] : [{ score: value, truth: together }];
  });
  const questions = blanks.flatMap(({ given, answers, correct }) => {
    const scores = answers.flatMap((answer) => score([...given, answer]) ?? []);
    return scores.length < answers.length ? [] : [{ scores, correct }];
  });
  return {
    auc: areaUnderCurve(scored),
    blank: accuracyOfBest(questions),
    asked: { outfits: scored.length, blanks: questions.length },
  };
}

/**
 * What Feedback's learner believes after people preferred each training outfit to one where every garment was exchanged for
 * another of its slot: the same update as for answers to recommendations, each comparison once, in order.
 */
export function learnFrom(
  train: OutfitDataset["train"],
  pieces: ReadonlyMap<string, Piece>,
  chance: Chance,
): Float64Array {
  const judge: Judge = createJudge();
  const outfits = train.flatMap((items) => {
    const outfit = wearable(items, pieces);
    return outfit === undefined ? [] : [outfit];
  });
  const slots = Map.groupBy(new Set(outfits.flat()), ({ slot }) => slot);
  const comparisons = outfits.map((outfit) => {
    const other = outfit.map(({ slot }) => chance.pick(slots.get(slot) ?? []));
    const [yes, no] = [judge.features(outfit), judge.features(other)];
    const difference = new Float64Array(DIMENSIONS);
    for (let i = 0; i < FIRST_TASTE_FEATURE; i++) difference[i] = (yes[i] ?? 0) - (no[i] ?? 0);
    return { difference, weight: 1 };
  });
  return learn(fromPrior(PRIOR), comparisons).mean;
}

/** The pieces of an outfit; undefined if fewer than two have a slot, or two have the same. */
function wearable(items: readonly string[], pieces: ReadonlyMap<string, Piece>): Piece[] | undefined {
  const outfit = items.flatMap((id) => pieces.get(id) ?? []);
  const slots = new Set(outfit.map(({ slot }) => slot));
  return outfit.length < 2 || slots.size < outfit.length ? undefined : outfit;
}

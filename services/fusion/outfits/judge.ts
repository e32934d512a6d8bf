import type { RankPart } from "../ranking/rank-types.ts";
import { featuresOf } from "./features.ts";
import { createPairFacts } from "./pair-facts.ts";
import type { Piece } from "./piece.ts";
import { compatibilityOf, partsOf, scoreOf } from "./scoring.ts";
import { reasonOf } from "./words.ts";

/** Sees sets of the same pieces again and again; remembers what pairs of them are to each other. */
export interface Judge {
  features(pieces: readonly Piece[]): Float32Array;
}

/** What is said of a set of garments. */
export interface Verdict {
  score: number;
  compatibility: number;
  parts: RankPart[];
  reason: string;
}

export function createJudge(): Judge {
  const pairFacts = createPairFacts();
  return { features: (pieces) => featuresOf(pieces, pairFacts) };
}

/**
 * @param features of these pieces
 * @param coefficients what the score is made with
 * @param usual what compatibility is made with; default: the same
 */
export function verdictOf(
  pieces: readonly Piece[],
  features: Float32Array,
  coefficients: Float64Array,
  usual: Float64Array = coefficients,
): Verdict {
  const parts = partsOf(features, coefficients);
  return {
    score: scoreOf(features, coefficients),
    compatibility: compatibilityOf(features, usual),
    parts,
    reason: reasonOf(pieces, parts),
  };
}

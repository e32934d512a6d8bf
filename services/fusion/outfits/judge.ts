import { featuresOf } from "./features.ts";
import { createPairFacts } from "./pair-facts.ts";
import type { Piece } from "./piece.ts";
import { compatibilityOf, type Part, partsOf, scoreOf } from "./scoring.ts";
import { reasonOf } from "./words.ts";

/** What is said of a set of garments. */
export interface Verdict {
  features: Float32Array;
  score: number;
  compatibility: number;
  parts: Part[];
  reason: string;
}

/** Judges sets of the same pieces again and again; remembers what pairs of them are to each other. */
export interface Judge {
  features(pieces: readonly Piece[]): Float32Array;
  /**
   * @param coefficients what the score is made with
   * @param usual what compatibility is made with; default: the same
   */
  verdict(pieces: readonly Piece[], coefficients: Float64Array, usual?: Float64Array): Verdict;
}

export function createJudge(): Judge {
  const pairFacts = createPairFacts();
  const judge: Judge = {
    features: (pieces) => featuresOf(pieces, pairFacts),
    verdict(pieces, coefficients, usual = coefficients) {
      const features = judge.features(pieces);
      const parts = partsOf(features, coefficients);
      return {
        features,
        score: scoreOf(features, coefficients),
        compatibility: compatibilityOf(features, usual),
        parts,
        reason: reasonOf(pieces, parts),
      };
    },
  };
  return judge;
}

import { normals } from "../fusion/random.ts";
/**
 * People, what they may be shown and what they do, in a small world whose every probability is known.
 *
 * There are 80 situations (a person with a question), each with 8 garments of 5 features. How attractive a garment is, is no
 * linear function of its features: a logistic curve, and a part that no feature tells. A place is looked at with a
 * probability that falls from place to place (position-based model: Craswell et al., WSDM 2008). Who looks at a garment wears
 * it (1), likes it (0.5), skips it (−0.25) or does nothing (0), as it is attractive.
 */
export interface World {
  situations: Situation[];
  places: number;
  /** Probability that a place is looked at. */
  examined: number[];
}

export interface Situation {
  kind: "photo" | "home";
  garments: Garment[];
}

export interface Garment {
  features: Float32Array;
  /** 0 to 1. */
  attraction: number;
}

const SITUATIONS = 80;
const GARMENTS = 8;
export const FEATURES = 5;
const PLACES = 4;
const TASTE = [1.2, 0.8, -0.6, 0.5, 0];

export function makeWorld(random: () => number): World {
  const normal = normals(random);
  const situations = Array.from({ length: SITUATIONS }, (_, at): Situation => {
    const taste = TASTE.map((mean) => mean + 0.5 * normal());
    const garments = Array.from({ length: GARMENTS }, (): Garment => {
      const features = Float32Array.from({ length: FEATURES }, normal);
      const score = features.reduce((sum, value, i) => sum + value * taste[i]!, 0) + 0.7 * normal() - 0.5;
      return { features, attraction: 1 / (1 + Math.exp(-score)) };
    });
    return { kind: at % 2 === 0 ? "photo" : "home", garments };
  });
  return {
    situations,
    places: PLACES,
    examined: Array.from({ length: PLACES }, (_, place) => 0.9 / (1 + 0.4 * place)),
  };
}

/** What somebody does who looks at a garment: probability and reward. */
export function outcomes(attraction: number): { probability: number; reward: number }[] {
  return [
    { probability: 0.4 * attraction, reward: 1 },
    { probability: 0.4 * attraction, reward: 0.5 },
    { probability: 0.3 * (1 - attraction), reward: -0.25 },
  ];
}

/** Of a garment at a place. */
export function expectedReward({ examined }: World, { attraction }: Garment, place: number): number {
  return (examined[place] ?? 0) * outcomes(attraction).reduce((sum, one) => sum + one.probability * one.reward, 0);
}

/** What one person did; 0: nothing. */
export function drawReward({ examined }: World, { attraction }: Garment, place: number, random: () => number): number {
  if (random() >= (examined[place] ?? 0)) return 0;
  let point = random();
  for (const { probability, reward } of outcomes(attraction)) {
    point -= probability;
    if (point < 0) return reward;
  }
  return 0;
}

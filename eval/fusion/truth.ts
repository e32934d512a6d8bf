import type { SeenWorld } from "../seen-world.ts";
import { LIKENESS, likenessesOf, MATCH, type Population, QUALITY, SPREAD } from "./people.ts";
import type { Query } from "./queries.ts";

/** Variance between people of a model's share in likeness, about that of a softmax of normal numbers. */
const SHARE_VARIANCE = 0.06;
/** Variance between people of where their utilities lie. */
const LEVEL_VARIANCE = 0.3;

/** An item for a query, as the people of a population see it. */
export interface Point {
  place: number;
  style: Float64Array;
  category: string;
  colour: string;
  /** 1 for the same as what was asked with. */
  sameCategory: number;
  sameColour: number;
  kind: Query["kind"];
  /** By model. */
  like: readonly number[];
}

export function pointsOf({ catalogue }: Pick<SeenWorld, "catalogue">, population: Population, query: Query): Point[] {
  return query.places.map((place, candidate) => {
    const [category, colour] = [catalogue[place]!.category, population.colours[place]!];
    return {
      place,
      style: population.styles[place]!,
      category,
      colour,
      sameCategory: category === query.seen.category ? 1 : 0,
      sameColour: colour === query.seen.colour ? 1 : 0,
      kind: query.kind,
      like: likenessesOf(query, candidate),
    };
  });
}

/** What people find of it on average, were all models' likeness to count alike. */
export function meanOf({ sameCategory, sameColour, like }: Point): number {
  const likeness = like.reduce((sum, value) => sum + value, 0) / like.length;
  return MATCH.category * sameCategory + MATCH.colour * sameColour + LIKENESS * likeness;
}

/** How what people find of the one goes with what they find of the other. */
export function covarianceOf(a: Point, b: Point, likings: boolean): number {
  let styles = 0;
  for (let s = 0; s < a.style.length; s++) styles += a.style[s]! * b.style[s]!;
  let sum = LEVEL_VARIANCE + styles / (a.style.length / 2);
  if (likings) {
    const [category, colour] = [a.category === b.category, a.colour === b.colour];
    if (category) sum += SPREAD.category ** 2;
    if (colour) sum += SPREAD.colour ** 2;
    if (category && colour) sum += SPREAD.pair ** 2;
  }
  sum += SPREAD.match ** 2 * (a.sameCategory * b.sameCategory + a.sameColour * b.sameColour);
  if (a.kind === b.kind) {
    for (const [m, like] of a.like.entries()) sum += LIKENESS ** 2 * SHARE_VARIANCE * like * b.like[m]!;
  }
  return a.place === b.place ? sum + QUALITY ** 2 : sum;
}

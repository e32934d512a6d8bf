import { MODELS } from "../../services/fusion/ranking/rank-types.ts";
import type { Seen } from "../seen-world.ts";
import type { Query } from "./queries.ts";
import { normals, pick, seeded } from "./random.ts";

/** In how many directions people differ: the styles that there are, and whether categories, colours and pairs are liked too. */
export interface Manifold {
  styles: number;
  likings: boolean;
}

/** The people of eval:fusion. */
export const MANIFOLD: Manifold = { styles: 16, likings: true };

/** A population: what its people have in common. docs/reference/simulator.md says what each thing is and why. */
export interface Population {
  manifold: Manifold;
  /** By item of the catalogue: its place in the space of styles, which no model knows. */
  styles: Float64Array[];
  /** What the population's groups like. */
  groups: Float64Array[];
  /** By item: what everybody finds of it. */
  quality: Float64Array;
  /** By item: its colour as people see it. */
  colours: string[];
  /** By kind of query, how the likeness that counts leans to each model. */
  lean: Record<Query["kind"], number[]>;
}

/** One simulated person. */
export interface Person {
  /** What they find of an item for a query; its expectation over their moods. */
  utility(query: Query, candidate: number): number;
  /** Above this they say yes, below the other no, each with noise. */
  yesAbove: number;
  noBelow: number;
  /** Where the choices of their life come from. */
  random: () => number;
}

const GROUPS = 4;
/** Standard deviations between people. */
export const SPREAD = { category: 0.6, colour: 0.6, pair: 0.3, match: 0.5 };
/** What the same category, and colour, as what was asked with are worth to people on average. */
export const MATCH = { category: 0.8, colour: 0.4 };
/** What quality counts for, and likeness; the cosine over which likeness falls to 1/e. */
export const QUALITY = 0.3;
export const LIKENESS = 2;
const FALL = 0.15;
/** Of true colours that the classifier names wrongly. */
const WRONG_COLOURS = 0.15;

export function populationOf(catalogue: readonly Seen[], seed: number, manifold = MANIFOLD): Population {
  const random = seeded(seed, 1);
  const normal = normals(random);
  const names = [...new Set(catalogue.map(({ colour }) => colour))].sort();
  return {
    manifold,
    styles: stylesOf(catalogue, manifold.styles, normal),
    groups: Array.from({ length: GROUPS }, () => Float64Array.from({ length: manifold.styles }, normal)),
    quality: Float64Array.from(catalogue, normal),
    colours: catalogue.map(({ colour }) => (random() < WRONG_COLOURS ? pick(names, random) : colour)),
    lean: {
      photo: [0, 0, 0.5].map((base) => base + 0.4 * normal()),
      text: [0.7, 0, 0].map((base) => base + 0.4 * normal()),
    },
  };
}

/** tanh of random directions through all three spaces at once: `count` numbers an item, each with unit variance before the tanh. */
function stylesOf(catalogue: readonly Seen[], count: number, normal: () => number): Float64Array[] {
  const styles = catalogue.map(() => new Float64Array(count));
  for (let s = 0; s < count; s++) {
    const shares = MODELS.map(() => Math.abs(normal()));
    const directions = MODELS.map((_, m) => Float64Array.from(catalogue[0]!.vectors[m]!, normal));
    const raw = catalogue.map(({ vectors }) =>
      vectors.reduce((sum, vector, m) => sum + shares[m]! * product(vector, directions[m]!), 0),
    );
    const mean = raw.reduce((a, b) => a + b, 0) / raw.length;
    const deviation = Math.sqrt(raw.reduce((sum, x) => sum + (x - mean) ** 2, 0) / raw.length);
    for (const [i, x] of raw.entries()) styles[i]![s] = Math.tanh((1.5 * (x - mean)) / deviation);
  }
  return styles;
}

function product(a: Float32Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** @param sample queries by which the person's standards are set. */
export function personOf(
  population: Population,
  catalogue: readonly Seen[],
  sample: readonly Query[],
  seed: number,
  index: number,
): Person {
  const random = seeded(seed, 2, index);
  const normal = normals(random);
  const group = pick(population.groups, random);
  const { styles, likings: likes } = population.manifold;
  const taste = group.map((x) => (0.6 * x + 0.8 * normal()) / Math.sqrt(styles / 2));
  const categories = likings(
    catalogue.map(({ category }) => category),
    normal,
    likes ? SPREAD.category : 0,
  );
  const colours = likings(population.colours, normal, likes ? SPREAD.colour : 0);
  const pairs = likings(
    catalogue.map(({ category }, i) => `${category} ${population.colours[i]}`),
    normal,
    likes ? SPREAD.pair : 0,
  );
  const follow = { photo: shares(population.lean.photo, normal), text: shares(population.lean.text, normal) };
  const [sameCategory, sameColour] = [MATCH.category + SPREAD.match * normal(), MATCH.colour + SPREAD.match * normal()];

  const utility = (query: Query, candidate: number): number => {
    const place = query.places[candidate]!;
    const [item, colour] = [catalogue[place]!, population.colours[place]!];
    let value = QUALITY * population.quality[place]!;
    const style = population.styles[place]!;
    for (let s = 0; s < styles; s++) value += taste[s]! * style[s]!;
    value += categories.get(item.category)! + colours.get(colour)! + pairs.get(`${item.category} ${colour}`)!;
    if (item.category === query.seen.category) value += sameCategory;
    if (colour === query.seen.colour) value += sameColour;
    const like = likenessesOf(query, candidate);
    for (let m = 0; m < MODELS.length; m++) value += LIKENESS * follow[query.kind][m]! * like[m]!;
    return value;
  };
  const values = sample.flatMap((query) => query.candidates.map((_, i) => utility(query, i))).sort((a, b) => a - b);
  const quantile = (part: number) => values[Math.floor(part * (values.length - 1))]!;
  return { utility, yesAbove: quantile(0.8), noBelow: quantile(0.25), random };
}

/** By model. What is as near as the nearest counts in full, and falls off quickly: not a straight line in the cosine. */
export function likenessesOf(query: Query, candidate: number): number[] {
  const best = bestLikeness(query);
  const cosines = query.likeness[candidate]!;
  return MODELS.map((_, m) => Math.exp((cosines[m]! - best[m]!) / FALL));
}

const bests = new WeakMap<Query, number[]>();
function bestLikeness(query: Query): number[] {
  const known = bests.get(query) ?? MODELS.map((_, m) => Math.max(...query.likeness.map((cosines) => cosines[m]!)));
  bests.set(query, known);
  return known;
}

function likings(names: readonly string[], normal: () => number, spread: number): Map<string, number> {
  return new Map([...new Set(names)].sort().map((name) => [name, spread * normal()]));
}

/** Shares that sum to 1: the population's lean and the person's own, through a softmax. */
function shares(lean: readonly number[], normal: () => number): number[] {
  const raw = lean.map((base) => Math.exp(base + 1.2 * normal()));
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((value) => value / sum);
}

/** How steeply yes and no follow the utility: the noise in answers. */
const STEEPNESS = 2.5;

export function yesChance(person: Person, utility: number): number {
  return 1 / (1 + Math.exp(-STEEPNESS * (utility - person.yesAbove)));
}

export function noChance(person: Person, utility: number): number {
  return 1 / (1 + Math.exp(STEEPNESS * (utility - person.noBelow)));
}

/** How likely the person looks at a place, from 0. */
export function attention(place: number): number {
  return (place + 1) ** -0.6;
}

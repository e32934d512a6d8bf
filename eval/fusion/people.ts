import { MODELS } from "../../services/fusion/ranking/rank-types.ts";
import type { Seen } from "../seen-world.ts";
import type { Query } from "./queries.ts";
import { normals, pick, seeded } from "./random.ts";

/** A population: what its people have in common. docs/reference/simulator.md says what each thing is and why. */
export interface Population {
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

const STYLES = 16;
const GROUPS = 4;
/** Of true colours that the classifier names wrongly. */
const WRONG_COLOURS = 0.15;

export function populationOf(catalogue: readonly Seen[], seed: number): Population {
  const random = seeded(seed, 1);
  const normal = normals(random);
  const names = [...new Set(catalogue.map(({ colour }) => colour))].sort();
  return {
    styles: stylesOf(catalogue, normal),
    groups: Array.from({ length: GROUPS }, () => Float64Array.from({ length: STYLES }, normal)),
    quality: Float64Array.from(catalogue, normal),
    colours: catalogue.map(({ colour }) => (random() < WRONG_COLOURS ? pick(names, random) : colour)),
    lean: {
      photo: [0, 0, 0.5].map((base) => base + 0.4 * normal()),
      text: [0.7, 0, 0].map((base) => base + 0.4 * normal()),
    },
  };
}

/** tanh of random directions through all three spaces at once: 16 numbers an item, each with unit variance before the tanh. */
function stylesOf(catalogue: readonly Seen[], normal: () => number): Float64Array[] {
  const styles = catalogue.map(() => new Float64Array(STYLES));
  for (let s = 0; s < STYLES; s++) {
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
  const taste = group.map((x) => (0.6 * x + 0.8 * normal()) / Math.sqrt(STYLES / 2));
  const categories = likings(
    catalogue.map(({ category }) => category),
    normal,
    0.6,
  );
  const colours = likings(population.colours, normal, 0.6);
  const pairs = likings(
    catalogue.map(({ category }, i) => `${category} ${population.colours[i]}`),
    normal,
    0.3,
  );
  const follow = { photo: shares(population.lean.photo, normal), text: shares(population.lean.text, normal) };
  const [sameCategory, sameColour] = [0.8 + 0.5 * normal(), 0.4 + 0.5 * normal()];

  const utility = (query: Query, candidate: number): number => {
    const place = query.places[candidate]!;
    const [item, colour] = [catalogue[place]!, population.colours[place]!];
    let value = 0.3 * population.quality[place]!;
    const style = population.styles[place]!;
    for (let s = 0; s < STYLES; s++) value += taste[s]! * style[s]!;
    value += categories.get(item.category)! + colours.get(colour)! + pairs.get(`${item.category} ${colour}`)!;
    if (item.category === query.seen.category) value += sameCategory;
    if (colour === query.seen.colour) value += sameColour;
    const best = bestLikeness(query);
    const cosines = query.likeness[candidate]!;
    // What is as near as the nearest counts in full, and falls off quickly: not a straight line in the cosine.
    for (let m = 0; m < MODELS.length; m++)
      value += 2 * follow[query.kind][m]! * Math.exp((cosines[m]! - best[m]!) / 0.15);
    return value;
  };
  const values = sample.flatMap((query) => query.candidates.map((_, i) => utility(query, i))).sort((a, b) => a - b);
  const quantile = (part: number) => values[Math.floor(part * (values.length - 1))]!;
  return { utility, yesAbove: quantile(0.8), noBelow: quantile(0.25), random };
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

import type { Colour } from "./palette.ts";

/** How colours stand to each other. */
export interface Harmony {
  /** 0 to 1. */
  value: number;
  /** The relation that they fit best. */
  relation: Relation;
}

export type Relation =
  | "unknown"
  | "neutral"
  | "one colour"
  | "one hue"
  | "neighbours"
  | "complements"
  | "right angle"
  | "split complements"
  | "half wheel"
  | "double split";

interface Template {
  relation: Relation;
  /** Sectors of the wheel: middle and width in degrees. */
  sectors: readonly (readonly [middle: number, width: number])[];
}

/**
 * The hue templates of Cohen-Or, Sorkine, Gal, Leyvand, Xu, "Color Harmonization", SIGGRAPH 2006, after Matsuda and
 * Tokumaru: types i, V, I, L, Y, T, X. A template may be turned; hues outside of its sectors disturb.
 */
const TEMPLATES: readonly Template[] = [
  { relation: "one hue", sectors: [[0, 18]] },
  {
    relation: "complements",
    sectors: [
      [0, 18],
      [180, 18],
    ],
  },
  { relation: "neighbours", sectors: [[0, 93.6]] },
  {
    relation: "right angle",
    sectors: [
      [0, 18],
      [90, 79.2],
    ],
  },
  {
    relation: "split complements",
    sectors: [
      [0, 93.6],
      [180, 18],
    ],
  },
  { relation: "half wheel", sectors: [[0, 180]] },
  {
    relation: "double split",
    sectors: [
      [0, 93.6],
      [180, 93.6],
    ],
  },
];
/** How far outside hues stand on average, in degrees, when 1/e of the value is left. */
const TOLERANCE = 15;
/** When no colour is known. */
const UNKNOWN = 0.5;

const remembered = new Map<string, Harmony>();
const MOST_REMEMBERED = 10_000;

/**
 * How well the hues go together: over all templates and turns the best of (1 − the part of the wheel that the template
 * covers) × exp(−d / 15°), where d is the distance of the hues from its sectors, weighted by chroma as in the paper. So
 * one hue has 0.95, complements 0.9, neighbours 0.74, and what only fits half of the wheel 0.5. Neutral colours fit
 * everything: with at most one other hue the value is 1. Colours that are not known do not count.
 */
export function harmonyOf(colours: readonly (Colour | undefined)[]): Harmony {
  const known = colours.filter((colour) => colour !== undefined);
  if (known.length === 0) return { value: UNKNOWN, relation: "unknown" };
  const chromatic = known.filter(({ neutral }) => !neutral).sort((a, b) => a.hue - b.hue || a.chroma - b.chroma);
  if (chromatic.length < 2) return { value: 1, relation: chromatic.length === 0 ? "neutral" : "one colour" };
  const key = chromatic.map(({ hue, chroma }) => `${hue},${chroma}`).join(" ");
  const before = remembered.get(key);
  if (before) return before;
  const best = TEMPLATES.map((template) => ({ value: fit(template, chromatic), relation: template.relation })).reduce(
    (a, b) => (b.value > a.value ? b : a),
  );
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(key, best);
  return best;
}

/** With the best turn: the distance is piecewise linear in the turn, so a hue stands on the edge of a sector at its minimum. */
function fit({ sectors }: Template, colours: readonly Colour[]): number {
  const weight = colours.reduce((sum, { chroma }) => sum + chroma, 0);
  const turns = colours.flatMap(({ hue }) =>
    sectors.flatMap(([middle, width]) => [hue - middle - width / 2, hue - middle + width / 2]),
  );
  const distances = turns.map((turn) => colours.reduce((sum, c) => sum + c.chroma * outside(c.hue - turn, sectors), 0));
  const covered = sectors.reduce((sum, [, width]) => sum + width, 0) / 360;
  return (1 - covered) * Math.exp(-Math.min(...distances) / weight / TOLERANCE);
}

/** Degrees from the nearest sector; 0 inside of one. */
function outside(hue: number, sectors: Template["sectors"]): number {
  return Math.min(...sectors.map(([middle, width]) => Math.max(0, apart(hue, middle) - width / 2 - 1e-9)));
}

/** Degrees between two hues, 0 to 180. */
function apart(a: number, b: number): number {
  const difference = Math.abs(a - b) % 360;
  return Math.min(difference, 360 - difference);
}

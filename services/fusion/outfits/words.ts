import type { RankPart } from "../ranking/rank-types.ts";
import { harmonyOf, type Relation } from "./harmony.ts";
import type { Piece } from "./piece.ts";

const RELATION: Readonly<Record<Relation, string>> = {
  unknown: "colours are not known",
  neutral: "all colours are neutral",
  "one colour": "one colour with neutral ones",
  "one hue": "colours of one hue",
  neighbours: "neighbouring colours",
  complements: "complementary colours",
  "right angle": "colours a quarter of the wheel apart",
  "split complements": "neighbouring colours and their complement",
  "half wheel": "colours of one half of the wheel",
  "double split": "two groups of neighbouring colours",
};

/** Which summands are said together, by the beginning of their names; the first that fits. */
const GROUPS: readonly (readonly [prefix: string, group: string])[] = [
  ["colour.", "colours"],
  ["formality", "formality"],
  ["warmth", "warmth"],
  ["tags", "tags"],
  ["has.", "shape"],
  ["likeness.", "together"],
  ["direction.", "together"],
  ["taste.", "taste"],
  ["popularity", "popularity"],
  ["owned", "owned"],
];

/** Below that a summand is not worth a word. */
const LEAST = 0.005;

/**
 * Why a set of garments has its score, in words: "all colours are neutral: navy, white (+2.31); dress codes agree by 90 %
 * (+1.35)". The numbers are sums of the parts' contributions, largest first.
 */
export function reasonOf(pieces: readonly Piece[], parts: readonly RankPart[]): string {
  const sums = new Map<string, number>();
  for (const { name, contribution } of parts) {
    const group = GROUPS.find(([prefix]) => name.startsWith(prefix))?.[1] ?? name;
    sums.set(group, (sums.get(group) ?? 0) + contribution);
  }
  const seen = (name: string) => parts.find((part) => part.name === name)?.value ?? 0;
  return [...sums]
    .filter(([, sum]) => Math.abs(sum) >= LEAST)
    .sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
    .map(([group, sum]) => `${phrase(group, pieces, seen)} (${sum < 0 ? "−" : "+"}${Math.abs(sum).toFixed(2)})`)
    .join("; ");
}

function phrase(group: string, pieces: readonly Piece[], seen: (name: string) => number): string {
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  switch (group) {
    case "colours": {
      const names = [...new Set(pieces.filter(({ hue }) => hue !== undefined).map(({ colour }) => colour))];
      const relation = RELATION[harmonyOf(pieces.map(({ hue }) => hue)).relation];
      return names.length === 0 ? relation : `${relation}: ${names.join(", ")}`;
    }
    case "formality":
      return `dress codes agree by ${percent(seen("formality"))}`;
    case "warmth":
      return `warmth agrees by ${percent(seen("warmth"))}`;
    case "tags":
      return seen("tags") > 0 ? "occasions and seasons agree" : "occasions and seasons differ";
    case "shape":
      return `made of ${pieces.map(({ category }) => category).join(", ")}`;
    case "together":
      return "what was learned of such garments together";
    case "taste":
      return "your taste";
    case "popularity":
      return "how popular the garments are";
    default:
      return `${percent(seen("owned"))} of it is yours`;
  }
}

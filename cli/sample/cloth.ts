/** What a garment is cut from: three tones of one colour, so that a flat drawing still has folds. */
export interface Cloth {
  base: string;
  /** Seams, inner sides, shadows. */
  dark: string;
  /** Trims, stitching, highlights. */
  light: string;
  /** SVG paint of the outer parts: the base colour or a pattern over it. */
  fill: string;
}

/** The woven pattern of a cloth. */
export type Pattern = "plain" | "stripes" | "checks" | "dots" | "ribs";

/** The colour names that the models know, with a cloth-like tone for each. */
export const TONES = {
  black: "#2b2b2e",
  white: "#f4f2ec",
  grey: "#8d9096",
  red: "#b5282f",
  orange: "#d9772b",
  yellow: "#e3bd3c",
  green: "#3f7a4b",
  blue: "#3f78b5",
  navy: "#22325a",
  purple: "#6f4a92",
  pink: "#dc8fa6",
  brown: "#74503a",
  beige: "#cfb997",
} as const;

export type Colour = keyof typeof TONES;

/** The cloth of a colour; the second value is the SVG definition that its pattern needs. */
export function weave(colour: Colour, pattern: Pattern): { cloth: Cloth; definition: string } {
  const base = TONES[colour];
  const dark = shade(base, -0.28);
  const light = shade(base, colour === "white" ? -0.12 : 0.38);
  if (pattern === "plain") return { cloth: { base, dark, light, fill: base }, definition: "" };
  return { cloth: { base, dark, light, fill: "url(#weave)" }, definition: tile(pattern, base, dark, light) };
}

/** Mix a colour `#rrggbb` with white (amount > 0) or black (amount < 0); amount in -1…1. */
export function shade(colour: string, amount: number): string {
  const target = amount > 0 ? 255 : 0;
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const mixed = channels.map((value) => Math.round(value + (target - value) * Math.abs(amount)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

function tile(pattern: Exclude<Pattern, "plain">, base: string, dark: string, light: string): string {
  const size = { stripes: 26, checks: 36, dots: 30, ribs: 8 }[pattern];
  const drawing = {
    stripes: `<rect width="26" height="10" fill="${light}"/>`,
    checks: `<rect width="14" height="36" fill="${dark}" opacity=".55"/><rect width="36" height="14" fill="${dark}" opacity=".55"/><rect x="24" width="3" height="36" fill="${light}" opacity=".7"/><rect y="24" width="36" height="3" fill="${light}" opacity=".7"/>`,
    dots: `<circle cx="8" cy="8" r="4.5" fill="${light}"/><circle cx="23" cy="23" r="4.5" fill="${light}"/>`,
    ribs: `<rect width="2" height="8" fill="${dark}" opacity=".5"/>`,
  }[pattern];
  return `<pattern id="weave" width="${size}" height="${size}" patternUnits="userSpaceOnUse"><rect width="${size}" height="${size}" fill="${base}"/>${drawing}</pattern>`;
}

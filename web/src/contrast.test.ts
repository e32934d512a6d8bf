import { readFileSync } from "node:fs";
import t from "tap";

const css = readFileSync(new URL("styles.css", import.meta.url), "utf8");

/** Colours by name, in the light and in the dark theme. */
const colours = new Map(
  [...css.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [
    name!,
    { light: light!, dark: dark! },
  ]),
);

/** WCAG 2.2: from 1 to 21. */
function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

const text: [string, string][] = [
  ...["ground", "surface", "well", "accent-soft"].map((ground): [string, string] => ["ink", ground]),
  ...["ground", "surface", "well"].map((ground): [string, string] => ["muted", ground]),
  ["on-accent", "accent"],
  ["ground", "ink"],
];
/** Bars, focus rings, the icon of the name: 3 to 1 is enough. */
const shapes: [string, string][] = [
  ["accent", "ground"],
  ["accent", "surface"],
  ["accent", "well"],
];

for (const theme of ["light", "dark"] as const) {
  t.test(`text and shapes stand out in the ${theme} theme`, async (t) => {
    for (const [pairs, least] of [
      [text, 4.5],
      [shapes, 3],
    ] as const) {
      for (const [front, back] of pairs) {
        const ratio = contrast(colours.get(front)![theme], colours.get(back)![theme]);
        t.ok(ratio >= least, `${front} on ${back}: ${ratio.toFixed(1)}, at least ${least}`);
      }
    }
  });
}

import { type Measure, runMeasure } from "./support/measure.ts";
import { readOptions, refuse } from "./support/options.ts";
import { report } from "./support/results.ts";

// What ranking costs: Rerank beside an echo of the same size on the same kind of server, with the stages of a call; and what
// Recommend takes through Envoy, alone and at half of the peak. Every measurement in processes of its own, on a whole mesh.
// --quick: a first look. --only rerank or --only recommend: the one alone.

const { quick, seed, say, more } = readOptions({ only: "PART" });
const parts = ["rerank", "recommend"].filter((part) => (more.only ?? part) === part);
if (parts.length === 0) refuse(`expected rerank or recommend as --only, got ${more.only}`);
const ratios: Measure["ratios"] = {};
const figures: Record<string, unknown> = {};
const skipped: string[] = [];
for (const part of parts) {
  const found = await runMeasure(new URL(`fusion/${part}.ts`, import.meta.url), { quick, seed });
  Object.assign(ratios, found.ratios);
  figures[part] = found.figures;
  skipped.push(...(found.skipped ?? []));
  for (const [ratio, value] of Object.entries(found.ratios)) say(`${ratio.padEnd(40)} ${value?.toFixed(3) ?? "-"}`);
  say(JSON.stringify(found.figures, undefined, 2));
}
say("Metarank publishes p50 7.2 and p99 9.8 ms for 100 candidates, 19.9 and 23.6 ms for 300, on its own machine");
const name = ["fusion", more.only, quick && "quick"].filter(Boolean).join("-");
await report({ name, ratios, figures, skipped, seed }, say);

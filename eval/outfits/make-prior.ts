import { writeFile } from "node:fs/promises";
import { FEATURES, LAYOUT } from "../../services/fusion/outfits/layout.ts";
import { PRIOR } from "../../services/fusion/outfits/prior.ts";

// Writes what Feedback starts to learn outfits with: the prior of services/fusion/outfits/prior.ts, as a file, because
// services do not import each other. Run it after a change of that prior: node eval/outfits/make-prior.ts

/** The prior as its file has it. */
export function priorFile() {
  const d = FEATURES.length;
  const lower = Array.from({ length: d }, (_, i) => [...PRIOR.covariance.slice(i * d, i * d + i + 1)]).flat();
  // Shorter to read, and nearer to what is meant than 0.48999999999999994.
  const covariance = lower.map((value) => Number(value.toFixed(6)));
  return { layout: LAYOUT, features: [...FEATURES], modelFeatures: {}, mean: [...PRIOR.mean], covariance };
}

if (import.meta.main) {
  const file = new URL("../../services/feedback/learning/priors/outfit-1.json", import.meta.url);
  await writeFile(file, `${JSON.stringify(priorFile())}\n`);
}

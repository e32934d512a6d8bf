import { dashboard } from "./kit/dashboard.ts";
import { fusion } from "./rows/fusion.ts";
import { batches, captions, inferences } from "./rows/inference.ts";
import { photos } from "./rows/photos.ts";

/** The three models: are they there, how long do they take, what do they save and miss? */
export const mlModels = dashboard({
  uid: "ml-models",
  title: "ML Model Performance",
  description: "Inference time and rate by model and stage, captions, photos, the cache, and what Fusion makes of it.",
  refresh: "10s",
  rows: [inferences, batches, captions, photos, fusion],
});

import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { readOptions, report } from "../bench/support/results.ts";
import { projectRoot } from "../cli/state/home.ts";
import { startMesh } from "../test/support/mesh.ts";
import { MeshEncoder, seenBy } from "./encode-all.ts";
import { knnAccuracy, precisionAt, share, zeroShotAccuracy } from "./measures.ts";
import { type CardNumbers, deviations, readModelCard } from "./model-card.ts";
import { listPhotographs, photographs, sample } from "./photographs.ts";
import { categoryIn, promptFor } from "./words.ts";

// How good the default model pack is through the real Encoder, and whether that is what its model card says.
// Exit code: 0 as the card says (± 1 point), 1 not so, 2 not measured. With --quick on a sample, which is not compared.
// --models DIR: another folder of models than the default pack; --variant int8: other weights than fp32.

const { quick, seed, say, more } = readOptions({ models: { type: "string" }, variant: { type: "string" } });
const modelDir = more.models === undefined ? join(projectRoot, "models") : resolve(more.models);
const variant = more.variant ?? "fp32";
const [train, validation] = [await listPhotographs("train"), await listPhotographs("validation")];
if (!train || !validation) {
  console.error(
    `not measured: no photographs at ${photographs}; set FLASHFIT_PHOTOS to a folder with train/<category> and validation/<category>`,
  );
  process.exit(2);
}

const mesh = await startMesh({ env: { MODEL_DIR: modelDir, ENCODER_VARIANT: variant } });
const figures: CardNumbers = {};
try {
  const encoder = new MeshEncoder(mesh);
  const started = performance.now();
  const known = await encoder.photographs(quick ? sample(train, 300, seed) : train, false);
  say(`${known.length} training photographs encoded in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  const probes = await encoder.photographs(quick ? sample(validation, 60, seed) : validation, true);
  const categories = [...new Set(train.map(({ category }) => category))];
  const prompts = await Promise.all(
    categories.map(async (category) => ({ category, vectors: await encoder.text(promptFor(category)) })),
  );
  for (const model of probes[0]?.vectors.keys() ?? []) {
    const seen = seenBy(model, probes);
    const before = seenBy(model, known);
    const named = prompts.flatMap(({ category, vectors }) => {
      const vector = vectors.get(model);
      return vector ? [{ category, vector }] : [];
    });
    figures[`${model}.knn5`] = knnAccuracy(seen, before, 5);
    figures[`${model}.precision10`] = precisionAt(seen, before, 10);
    if (named.length > 0) figures[`${model}.zeroShot`] = zeroShotAccuracy(seen, named);
  }
  figures["fashion.head"] = share(probes, ({ category, saidCategory }) => saidCategory === category);
  figures["blip.captionCategory"] = share(probes, ({ category, caption }) => categoryIn(caption) === category);
  // There are no true colours to compare with: how often the captioner and the classifier agree.
  figures["blip.captionColourAsHead"] = share(probes, ({ saidColour, caption }) =>
    ` ${caption} `.includes(` ${saidColour} `),
  );
} finally {
  await mesh.stop();
}

const card = readModelCard(await readFile(join(projectRoot, "models/README.md"), "utf8"));
for (const [name, value] of Object.entries(figures)) {
  say(`${name.padEnd(26)} ${value.toFixed(3)}${card[name] === undefined ? "" : `   card ${card[name].toFixed(3)}`}`);
}
const off = quick ? [] : deviations(figures, card);
for (const line of off) say(line);
const ratios = Object.fromEntries(
  Object.entries(card).flatMap(([name, expected]) => (figures[name] ? [[name, figures[name] / expected]] : [])),
);
const name = ["eval-encoder", ...(variant === "fp32" ? [] : [variant]), ...(quick ? ["quick"] : [])].join("-");
await report({ name, ratios, figures, seed }, say);
process.exit(off.length > 0 ? 1 : 0);

import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { createClient } from "@connectrpc/connect";
import { notMeasured, readOptions } from "../bench/support/options.ts";
import { report } from "../bench/support/results.ts";
import { projectRoot } from "../cli/state/home.ts";
import { EncoderService } from "../gen/flashfit/encoder/v1/encoder_pb.ts";
import { edgeTransport } from "../test/mesh/clients.ts";
import { startMesh } from "../test/support/mesh.ts";
import { encodePhotographs, encodeText, seenBy } from "./encode-photographs.ts";
import { knnAccuracy, precisionAt, share, zeroShotAccuracy } from "./measures.ts";
import { type CardNumbers, deviations, readModelCard } from "./model-card.ts";
import { listBothSplits, sample } from "./photographs.ts";
import { categoryIn, promptFor } from "./words.ts";

// How good the default model pack is through the real Encoder, and whether that is what its model card says.
// Exit code: 0 as the card says (± 1 point), 1 not so, 2 not measured. With --quick on a sample, which is not compared.
// --models DIR: another folder of models than the default pack; --variant int8: other weights than fp32.

const { quick, seed, say, more } = readOptions({ models: "DIR", variant: "NAME" });
const modelDir = more.models === undefined ? join(projectRoot, "models") : resolve(more.models);
const variant = more.variant ?? "fp32";
const splits = await listBothSplits();
if ("reason" in splits) notMeasured(splits.reason);
const { train, validation } = splits;

const mesh = await startMesh({ env: { MODEL_DIR: modelDir, ENCODER_VARIANT: variant } });
const figures: CardNumbers = {};
try {
  const encoder = createClient(EncoderService, edgeTransport(mesh));
  const started = performance.now();
  const known = await encodePhotographs(encoder, quick ? sample(train, 300, seed) : train);
  say(`${known.length} training photographs encoded in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  const probes = await encodePhotographs(encoder, quick ? sample(validation, 60, seed) : validation, { caption: true });
  const categories = [...new Set(train.map(({ category }) => category))];
  const prompts = await Promise.all(
    categories.map(async (category) => ({ category, vectors: await encodeText(encoder, promptFor(category)) })),
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

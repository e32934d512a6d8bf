import { createHash } from "node:crypto";
import { notMeasured, readOptions } from "../bench/support/options.ts";
import { report } from "../bench/support/results.ts";
import { mean } from "../bench/support/statistics.ts";
import { NO_TASTE, type Piece, pieceOf } from "../services/fusion/outfits/piece.ts";
import { PRIOR } from "../services/fusion/outfits/prior.ts";
import { slotOf } from "../services/fusion/outfits/slots.ts";
import { encodePhotographs } from "./encode-photographs.ts";
import { withEncoder } from "./encoder-process.ts";
import type { OutfitDataset } from "./outfits/dataset.ts";
import { outfitsFromPhotographs, type RulePhoto } from "./outfits/from-photographs.ts";
import { learnFrom, type Quality, qualityOf, scorerBy } from "./outfits/learn.ts";
import { measuredColour } from "./outfits/measured-colour.ts";
import { readPolyvore } from "./outfits/polyvore.ts";
import { chanceOf } from "./outfits/random.ts";
import { type LabelledFile, listBothSplits, sample } from "./photographs.ts";

// How well outfits are told from sets put together by chance (area under the curve), and how often the garment that was
// worn with the others is found among four (fill in the blank): by the prior, and by what Feedback's learner makes of
// training outfits. On a folder in the layout of Polyvore Outfits (--polyvore DIR, see outfits/polyvore.ts), else on outfits
// made of real photographs by a rule with noise (see outfits/from-photographs.ts), which say nothing of real people.
// Exit code: 0 measured, 2 not measured.

const { quick, seed, say, more } = readOptions({ polyvore: "DIR" });
const RULE_SETS = quick ? 1 : 5;

const datasets = more.polyvore === undefined ? await ruleDatasets() : [await readPolyvore(more.polyvore)];
const pieces = await encode(new Map(datasets.flatMap(({ items }) => [...items])));
const results = datasets.map((dataset, i) => {
  const learned = learnFrom(dataset.train, pieces, chanceOf(seed + i));
  const by = (coefficients: Float64Array) => qualityOf(dataset, scorerBy(coefficients, pieces));
  const rule = dataset.rule && qualityOf(dataset, dataset.rule);
  return { prior: by(PRIOR.mean), learned: by(learned), ...(rule ? { rule } : {}) };
});

say(`${datasets.length} sets of outfits; mean (lowest to highest)`);
say(
  "                       chance  prior                   learned                 the rule itself, without its noise",
);
const figures: Record<string, unknown> = { sets: datasets.length, trainOutfits: datasets[0]?.train.length };
for (const [name, of, chance] of [
  ["compatibility AUC", (quality: Quality) => quality.auc, 0.5],
  ["fill in the blank of 4", (quality: Quality) => quality.blank, 0.25],
] as const) {
  const [prior, learned] = [results.map((one) => of(one.prior)), results.map((one) => of(one.learned))];
  const rule = results.flatMap((one) => (one.rule ? [of(one.rule)] : []));
  const columns = [prior, learned, rule].filter((values) => values.length > 0).map(spread);
  say(`${name.padEnd(22)} ${chance.toFixed(3).padStart(6)}  ${columns.join("  ")}`);
  const means = { prior: mean(prior), learned: mean(learned), ...(rule.length > 0 ? { rule: mean(rule) } : {}) };
  figures[name] = { chance, ...means, priorBySet: prior, learnedBySet: learned };
}
figures.asked = results[0]?.prior.asked;
const ratio = (of: (quality: Quality) => number) => mean(results.map(({ prior, learned }) => of(learned) / of(prior)));
const ratios = {
  learned_over_prior_auc: ratio(({ auc }) => auc),
  learned_over_prior_blank: ratio(({ blank }) => blank),
};
const name = ["eval-outfits", ...(more.polyvore === undefined ? [] : ["polyvore"]), ...(quick ? ["quick"] : [])].join(
  "-",
);
await report({ name, ratios, figures, seed }, say);

/** The same photographs, each set of outfits by another seed. */
async function ruleDatasets(): Promise<OutfitDataset[]> {
  const splits = await listBothSplits();
  if ("reason" in splits) notMeasured(splits.reason);
  const { train, validation } = splits;
  const [known, asked] = [await measure(sample(train, quick ? 300 : 1200, seed)), await measure(validation)];
  const [trainOutfits, testOutfits] = quick ? [500, 300] : [3000, 1000];
  return Array.from({ length: RULE_SETS }, (_, i) =>
    outfitsFromPhotographs({ train: known, test: asked, trainOutfits, testOutfits, seed: seed + i }),
  );
}

async function measure(files: readonly LabelledFile[]): Promise<RulePhoto[]> {
  const photos: RulePhoto[] = [];
  for (const file of files) photos.push({ ...file, colour: await measuredColour(file.file) });
  return photos;
}

/** What the product would know of them: vectors and colour by the Encoder; the category by the dataset, if it says one. */
async function encode(items: OutfitDataset["items"]): Promise<Map<string, Piece>> {
  const listed = [...items].map(([id, item]) => ({ id, ...item }));
  const seen = await withEncoder((encoder) => encodePhotographs(encoder, listed));
  say(`${seen.length} photographs encoded`);
  return new Map(
    seen.flatMap(({ id, category, saidCategory, saidColour, vectors }) => {
      const named = category || saidCategory;
      const slot = slotOf(named);
      if (slot === undefined) return [];
      const facts = { slot, category: named, colour: saidColour, tags: [], owned: false, vectors, taste: NO_TASTE };
      // By a hash, so that the order of ids says nothing of the category.
      return [[id, pieceOf({ id: createHash("sha256").update(id).digest("hex"), ...facts })] as const];
    }),
  );
}

function spread(values: readonly number[]): string {
  const range = `(${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)})`;
  return `${mean(values).toFixed(3)} ${range}`;
}

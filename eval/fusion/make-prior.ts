import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readOptions } from "../../bench/support/results.ts";
import { projectRoot } from "../../cli/state/home.ts";
import { lowerHalf } from "../../services/feedback/learning/numbers.ts";
import { ITEM_FEATURES, ITEM_LAYOUT } from "../../services/fusion/ranking/layout.ts";
import { MODELS } from "../../services/fusion/ranking/rank-types.ts";
import { seenWorld } from "./embeddings.ts";
import { firstPrior, live, pooled, together } from "./prior.ts";
import { queriesOf } from "./queries.ts";
import { tuneConvex } from "./tune-convex.ts";
import { TRAINING_SEEDS, villageOf } from "./village.ts";

// Makes the prior that people start with, and the weights of `convex`, from simulated people that no evaluation meets, and writes
// them to services/feedback/learning/priors/. The means are moved by Reptile over whole populations: each round starts everybody at
// the common mean, lets them live and answer, and moves it to the mean of what was learned of each; the covariance is
// how people differ from it and how unsure is what was learned of them (empirical Bayes).
// It knows the simulator's people, not yours: what it says of real ones is a guess that their feedback moves.

const ROUNDS = 4;
const PEOPLE = 60;
const EVENTS = 40;

const { quick, say } = readOptions();
const world = await seenWorld(say);
const queries = queriesOf(world);
const villages = TRAINING_SEEDS.slice(0, quick ? 1 : 5).map((seed) => villageOf(world, queries, seed, PEOPLE));
const convex = tuneConvex(villages);
say(`convex ${JSON.stringify(convex)}`);
const lives = { world, villages, convex, events: EVENTS };
let prior = together(lives, firstPrior());
for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
  prior = pooled(live(lives, prior, round), prior);
  say(
    `round ${round}: ${ITEM_FEATURES.map((name, i) => `${name} ${prior.mean[i]!.toFixed(2)}±${Math.sqrt(prior.covariance[i * (ITEM_FEATURES.length + 1)]!).toFixed(2)}`).join(", ")}`,
  );
}
if (!quick) {
  const folder = join(projectRoot, "services", "feedback", "learning", "priors");
  const round = (value: number) => Number(value.toPrecision(9));
  await writeJson(join(folder, "policies.json"), { made: "eval/fusion/make-prior.ts", convex });
  await writeJson(join(folder, "item-1.json"), {
    layout: ITEM_LAYOUT,
    made: "eval/fusion/make-prior.ts, on simulated people",
    features: ITEM_FEATURES,
    modelFeatures: Object.fromEntries(MODELS.map((model) => [model, [`similarity.${model}`]])),
    mean: [...prior.mean].map(round),
    covariance: [...lowerHalf(prior.covariance)].map(round),
  });
}

async function writeJson(file: string, value: unknown) {
  await writeFile(file, `${JSON.stringify(value, undefined, 2)}\n`);
}

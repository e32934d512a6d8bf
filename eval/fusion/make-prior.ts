import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { notMeasured, readOptions } from "../../bench/support/options.ts";
import { projectRoot } from "../../cli/state/home.ts";
import { lowerHalf } from "../../services/feedback/learning/numbers.ts";
import { ITEM_FEATURES, ITEM_LAYOUT } from "../../services/fusion/ranking/layout.ts";
import { MODELS } from "../../services/fusion/ranking/rank-types.ts";
import { seenWorld } from "../seen-world.ts";
import { FEATURES } from "./histories.ts";
import { livedPrior } from "./prior.ts";
import { queriesOf } from "./queries.ts";
import { tuneConvex } from "./tune-convex.ts";
import { TRAINING_SEEDS, villageOf } from "./village.ts";

// Makes the prior that people start with, and the weights of `convex`, from simulated people that no evaluation meets, and writes
// them to services/feedback/learning/priors/.
// It knows the simulator's people, not yours: what it says of real ones is a guess that their feedback moves.

const PEOPLE = 12;

const { quick, say } = readOptions();
const world = await seenWorld(say);
if ("reason" in world) notMeasured(world.reason);
const queries = queriesOf(world);
const villages = TRAINING_SEEDS.slice(0, quick ? 1 : TRAINING_SEEDS.length).map((seed) =>
  villageOf(world, queries, seed, quick ? 4 : PEOPLE),
);
const convex = tuneConvex(villages);
say(`convex ${JSON.stringify(convex)}`);
const prior = livedPrior({ world, villages, convex }, ({ mean, covariance }, round) => {
  const said = ITEM_FEATURES.map((name, i) => {
    const deviation = Math.sqrt(covariance[i * (FEATURES + 1)] as number);
    return `${name} ${mean[i]?.toFixed(2)}±${deviation.toFixed(2)}`;
  });
  say(`round ${round}: ${said.join(", ")}`);
});
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

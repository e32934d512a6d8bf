import process from "node:process";
import { notMeasured, readOptions, refuse } from "../bench/support/options.ts";
import { report } from "../bench/support/results.ts";
import { CONVEX_WEIGHTS, DEFAULTS_MADE } from "../services/feedback/learning/default-priors.ts";
import { MODELS } from "../services/fusion/ranking/rank-types.ts";
import { CHECKPOINTS, LISTS, learningCurves } from "./fusion/learning-curve.ts";
import { queriesOf } from "./fusion/queries.ts";
import { replay } from "./fusion/replay.ts";
import { KINDS, sensitivity } from "./fusion/sensitivity.ts";
import { type Interval, interval, meanRow, written } from "./fusion/statistics.ts";
import { TRAINING_SEEDS, villageOf } from "./fusion/village.ts";
import { seenWorld } from "./seen-world.ts";

// Whether learning pays: simulated people with latent tastes over real photographs (docs/reference/simulator.md) meet the very
// code that Feedback learns with and Fusion ranks with. What eval/fusion/make-prior.ts makes is made of people of other
// populations; nobody who is judged here took part in that, and each is judged on queries that
// they never asked while the mesh learned.
// With --people KIND: the same for people of another kind, without claims (fusion/sensitivity.ts).
// Exit code: 0 all claims hold, 1 one does not, 2 not measured.

const { quick, seed, say, more } = readOptions({ people: "KIND" });
if (more.people !== undefined && !KINDS.has(more.people))
  refuse(`expected --people of ${[...KINDS.keys()].join(", ")}, got ${more.people}`);
const SEEDS = quick ? 3 : 24;
const PEOPLE = quick ? 6 : 24;

const seeds = Array.from({ length: SEEDS }, (_, i) => seed * 1000 + i);
if (seeds.some((one) => TRAINING_SEEDS.includes(one)))
  refuse(`expected another --seed than ${seed}: it is of the training people`);
const world = await seenWorld(say);
if ("reason" in world) notMeasured(world.reason);
if (more.people !== undefined) {
  await sensitivity(world, more.people, { seed, quick, say });
  process.exit(0);
}
say(
  `prior: ${DEFAULTS_MADE.prior}; convex: ${DEFAULTS_MADE.convex}; what is made of people is made of populations from ${TRAINING_SEEDS[0]}, the judged ${SEEDS} × ${PEOPLE} people are of populations ${seeds[0]} to ${seeds.at(-1)}`,
);

const queries = queriesOf(world);
const curves: Record<string, number>[] = [];
const replays: Record<string, number>[] = [];
for (const one of seeds) {
  const village = villageOf(world, queries, one, PEOPLE);
  curves.push(learningCurves(world, village, CONVEX_WEIGHTS));
  replays.push(replay(world, village, CONVEX_WEIGHTS));
}

const FIXED = ["rrf", "convex", ...MODELS];
const last = CHECKPOINTS[CHECKPOINTS.length - 1] as number;
const of = (statistic: (row: Record<string, number>) => number): Interval => interval(curves, statistic, seed);
const value = (name: string) => (row: Record<string, number>) => row[name] as number;

say("\nNDCG@10 on unseen queries, mean [95 % interval over populations]; adaptive as it ranks, its draws included");
for (const name of FIXED) say(`${name.padEnd(14)} ${written(of(value(name)))}`);
for (const events of CHECKPOINTS)
  say(`adaptive @${String(events).padEnd(3)}  ${written(of(value(`adaptive@${events}`)))}`);

say(`\nadaptive after ${last} events less another, paired`);
const claims: Record<string, boolean> = {};
const figures: Record<string, unknown> = { populations: SEEDS, peopleEach: PEOPLE };
for (const name of FIXED) {
  const difference = of((row) => row[`adaptive@${last}`]! - row[name]!);
  claims[`better than ${name} after ${last} events`] = difference.lower > 0;
  figures[`adaptive@${last}-${name}`] = difference;
  say(`${name.padEnd(14)} ${written(difference)}`);
}
const cold = of((row) => row["adaptive@0"]! - row.rrf!);
claims["not worse than rrf at 0 events"] = cold.lower >= 0;
say(`\nadaptive at 0 events less rrf          ${written(cold)}`);
const share = of((row) => (row["adaptive@10"]! - row.rrf!) / (row[`adaptive@${last}`]! - row.rrf!));
// A part of a gain says something only where there is a gain.
const gain = of((row) => row[`adaptive@${last}`]! - row["adaptive@0"]!);
const own = of((row) => (row["adaptive@10"]! - row["adaptive@0"]!) / (row[`adaptive@${last}`]! - row["adaptive@0"]!));
claims["90 % of the gain over its own start within 10 events"] = own.value >= 0.9 && gain.lower > 0;
say(`part of the gain over rrf within 10    ${written(share)}`);
say(`part of the gain over its own start    ${written(own)}`);
const quotient = of((row) => row[`adaptive@${last}`]! / Math.max(...FIXED.map((name) => row[name]!)));
say(`adaptive over the best of the others   ${written(quotient)}`);

say(`\nregret: yeses that the best ${LISTS} lists would have earned more`);
for (const name of ["rrf", "convex", "adaptive"]) {
  figures[`regret.${name}`] = of(value(`regret.${name}`));
  say(`${name.padEnd(14)} ${written(of(value(`regret.${name}`)), 3)}`);
}
const regret = of((row) => row["regret.rrf"]! - row["regret.adaptive"]!);
say(`rrf less adaptive ${written(regret, 3)}`);

say("\nleave-last-out over random lists: NDCG@10, Recall@10, MRR@10, coverage, diversity");
const measures = ["ndcg", "recall", "mrr", "coverage", "diversity"];
for (const name of [...FIXED, "adaptive", "adaptive+mmr"]) {
  const cells = measures.map((measure) => interval(replays, value(`${name}.${measure}`), seed));
  figures[`replay.${name}`] = Object.fromEntries(measures.map((measure, i) => [measure, cells[i]]));
  say(`${name.padEnd(14)} ${cells.map((cell) => written(cell, 3)).join("  ")}`);
}

const broken = Object.entries(claims).flatMap(([claim, holds]) => (holds ? [] : [claim]));
say(broken.length === 0 ? "\nall claims hold" : `\nnot so: ${broken.join("; ")}`);
const curve = Object.fromEntries(CHECKPOINTS.map((events) => [events, of(value(`adaptive@${events}`))]));
const fixed = Object.fromEntries(FIXED.map((name) => [name, of(value(name))]));
await report(
  {
    name: quick ? "eval-fusion-quick" : "eval-fusion",
    ratios: { adaptive_over_best_baseline_lower95: quotient.lower },
    figures: {
      ...figures,
      ndcg: { ...fixed, adaptive: curve },
      cold,
      gainOverRrfWithin10: share,
      gainOverStartWithin10: own,
      means: meanRow(curves),
      claims,
    },
    seed,
  },
  say,
);
process.exit(broken.length > 0 && !quick ? 1 : 0);

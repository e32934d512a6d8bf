import process from "node:process";
import { readOptions } from "../bench/support/options.ts";
import { report } from "../bench/support/results.ts";
import {
  type Interval,
  percentileInterval,
  type Resampled,
  resample,
  studentisedInterval,
} from "../services/feedback/evaluation/bootstrap.ts";
import { predictRewards } from "../services/feedback/evaluation/predict.ts";
import { seededRandom } from "../services/feedback/evaluation/random.ts";
import { unitsOf } from "../services/feedback/evaluation/units.ts";
import { weigh } from "../services/feedback/evaluation/weigh.ts";
import { type Record95, type Score, scoreOf } from "./ope/coverage.ts";
import { lawsOf } from "./ope/policies.ts";
import { scenarios } from "./ope/scenarios.ts";
import { simulateLog, truthOf } from "./ope/simulate.ts";
import { makeWorld } from "./ope/world.ts";

// Does off-policy evaluation say the truth about itself? Simulated logs of known policies; for each the estimators with their
// 95 % intervals, which should hold the true value in 95 of 100 logs. Exit code: 0 SNIPS and DR do in at least 90 % of the
// logs of every scenario that keeps the assumptions, 1 not so. With --quick fewer logs, which are not judged.

const { quick, seed, say } = readOptions();
const LOGS = quick ? 20 : 400;
const SAMPLES = quick ? 200 : 1000;
const ESTIMATORS = ["ips", "snips", "dr"] as const;
const INTERVALS = { studentised: studentisedInterval, percentile: percentileInterval };
const PROMISED = 0.9;

const world = makeWorld(seededRandom(BigInt(seed)));
const laws = lawsOf(world);
const figures: Record<string, unknown> = {};
const worst: Record<string, number> = { snips: 1, dr: 1 };
const gain: number[] = [];

for (const [number, scenario] of scenarios.entries()) {
  const truth = truthOf(world, laws, scenario, seededRandom(BigInt(seed)));
  const records: Record<string, Record95[]> = {};
  const keep = (name: string, { point }: Resampled, interval: Interval) => {
    records[name] = [...(records[name] ?? []), { value: point.value, ...interval }];
  };
  let [effective, mean] = [0, 0];
  for (let log = 0; log < LOGS; log++) {
    const random = seededRandom((BigInt(seed) << 32n) | BigInt(number * 100_000 + log));
    const { rounds, ...weights } = weigh(simulateLog(world, laws, scenario, random), scenario.target, world.places);
    const predictions = await predictRewards(rounds, scenario.target);
    const resampled = await resample(unitsOf(rounds, predictions, random), ESTIMATORS, SAMPLES, random);
    for (const name of ESTIMATORS) {
      for (const [kind, interval] of Object.entries(INTERVALS)) {
        keep(`${name} ${kind}`, resampled[name], interval(resampled[name]));
      }
    }
    effective += weights.effectiveSampleSize / LOGS;
    mean += weights.meanWeight / LOGS;
  }
  say(
    `\n${scenario.name}: ${scenario.recommendations} recommendations, true value ${truth.toFixed(4)}, ` +
      `effective sample size ${effective.toFixed(0)}, mean weight ${mean.toFixed(3)}${scenario.judged ? "" : " (not judged)"}`,
  );
  say("estimator interval     coverage  95 % interval of it   bias      RMSE     width");
  const scores: Record<string, Score> = {};
  for (const [name, list] of Object.entries(records)) {
    const score = scoreOf(list, truth);
    scores[name] = score;
    const [estimator = "", kind = ""] = name.split(" ");
    say(
      `${estimator.padEnd(9)} ${kind.padEnd(12)} ${score.coverage.toFixed(3).padStart(7)}  ${`${score.coverageLower.toFixed(3)}–${score.coverageUpper.toFixed(3)}`.padEnd(20)} ${score.bias.toFixed(4).padStart(8)} ${score.rmse.toFixed(4).padStart(8)} ${score.width.toFixed(4).padStart(8)}`,
    );
    if (scenario.judged && kind === "studentised" && estimator in worst) {
      worst[estimator] = Math.min(worst[estimator]!, score.coverage);
    }
  }
  if (scenario.judged) gain.push(scores["ips studentised"]!.rmse / scores["dr studentised"]!.rmse);
  figures[scenario.name] = {
    truth,
    effectiveSampleSize: effective,
    meanWeight: mean,
    judged: scenario.judged,
    ...scores,
  };
}

say(`\nworst coverage over the judged scenarios: SNIPS ${worst.snips}, DR ${worst.dr}; promised: ${PROMISED}`);
const ratios = {
  snips_coverage_over_promised: worst.snips! / PROMISED,
  dr_coverage_over_promised: worst.dr! / PROMISED,
  ips_rmse_over_dr_rmse: gain.reduce((sum, one) => sum + one, 0) / gain.length,
};
await report({ name: quick ? "eval-ope-quick" : "eval-ope", ratios, figures, seed }, say);
if (!quick && Math.min(worst.snips!, worst.dr!) < PROMISED) process.exitCode = 1;

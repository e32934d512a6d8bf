import process from "node:process";
import { countOption, readOptions } from "../../../bench/support/options.ts";
import { runModelTest } from "./run.ts";

// npm run modeltest:feedback -- --ops N --seed N --quick --json
// Random events and faults on real processes behind a real Envoy, compared with a model in memory. Exit code 1: something differs; the same
// seed plans the same operations again (what meets what is up to the machine).

const anySeed = Math.floor(Math.random() * 2 ** 31);
const { quick, seed, say, more } = readOptions({ ops: "N" }, anySeed);
const operations = countOption("ops", more.ops, quick ? 5000 : 60_000);

say(`seed ${seed}: ${operations} operations`);
const startedAt = performance.now();
const elapsed = () => (performance.now() - startedAt) / 1000;
const result = await runModelTest({
  seed,
  events: operations,
  onRound(round, done) {
    if (round % 10 === 9) say(`${elapsed().toFixed(0).padStart(5)} s  ${done} events in ${round + 1} rounds`);
  },
});
const { differences, ...figures } = result;
for (const difference of differences) say(`DIFFERENCE ${difference}`);
say(`${differences.length} differences in ${result.events} events, ${elapsed().toFixed(0)} s; seed ${seed}`);
const line = { name: "modeltest-feedback", ratios: {}, figures: { ...figures, differences, seconds: elapsed() }, seed };
console.log(JSON.stringify(line));
process.exitCode = differences.length > 0 ? 1 : 0;

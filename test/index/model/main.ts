import process from "node:process";
import { countOption, readOptions, saySkipped } from "../../../bench/support/options.ts";
import { runModelTest } from "./run.ts";

// npm run modeltest:index -- --ops N --seed N --engine faiss --quick --json
// Random operations and faults on real processes, compared with a model in memory. Exit code 1: something differs; the same
// seed plans the same operations again (what meets what is up to the machine).

const anySeed = Math.floor(Math.random() * 2 ** 31);
const { quick, seed, say, more } = readOptions({ ops: "N", engine: "NAME" }, anySeed);
const operations = countOption("ops", more.ops, quick ? 10_000 : 200_000);

say(`seed ${seed}: ${operations} operations`);
const startedAt = performance.now();
const elapsed = () => (performance.now() - startedAt) / 1000;
const result = await runModelTest({
  seed,
  operations,
  ...(more.engine && { env: { INDEX_ENGINE: more.engine } }),
  onRound(round, done) {
    if (round % 50 === 49) say(`${elapsed().toFixed(0).padStart(5)} s  ${done} operations in ${round + 1} rounds`);
  },
});
const { differences, ...figures } = result;
const { engine, graphRecall } = result;
for (const [index, { answers, mean, lowest, perfect }] of Object.entries(graphRecall))
  say(
    `${index}: graphs of ${engine.name} ${engine.version} gave ${answers} answers, ${perfect} lacked nothing; recall ${mean.toFixed(5)}, ${lowest.toFixed(3)} at worst`,
  );
const skipped =
  Object.keys(graphRecall).length === 0
    ? [`answers of graphs: ${engine.reason} (npm run setup:faiss, or FAISS_C_LIBRARY)`]
    : [];
saySkipped(skipped);
for (const difference of differences) say(`DIFFERENCE ${difference}`);
say(`${differences.length} differences in ${result.operations} operations, ${elapsed().toFixed(0)} s; seed ${seed}`);
const found = { ...figures, differences, seconds: elapsed() };
const line = { name: "modeltest-index", ratios: {}, figures: found, skipped, seed };
console.log(JSON.stringify(line));
process.exitCode = differences.length > 0 ? 1 : 0;

import process from "node:process";
import { readOptions } from "../../../bench/support/results.ts";
import { runModelTest } from "./run.ts";

// npm run modeltest:index -- --ops N --seed N --engine faiss --quick --json
// Random operations and faults on real processes, compared with a model in memory. Exit code 1: something differs; the same
// seed plans the same operations again (what meets what is up to the machine).

const anySeed = Math.floor(Math.random() * 2 ** 31);
const { quick, seed, say, more } = readOptions({ ops: { type: "string" }, engine: { type: "string" } }, anySeed);
const operations = Number(more.ops ?? (quick ? 10_000 : 200_000));
if (!Number.isSafeInteger(operations) || operations < 1) {
  throw new RangeError(`expected --ops of 1 or more, got ${more.ops}`);
}

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
if (Object.keys(graphRecall).length === 0)
  console.error(
    `SKIPPED: answers of graphs were not tested. ${engine.reason} (npm run setup:faiss, or FAISS_C_LIBRARY)`,
  );
for (const difference of differences) say(`DIFFERENCE ${difference}`);
say(`${differences.length} differences in ${result.operations} operations, ${elapsed().toFixed(0)} s; seed ${seed}`);
const line = { name: "modeltest-index", ratios: {}, figures: { ...figures, differences, seconds: elapsed() }, seed };
console.log(JSON.stringify(line));
process.exitCode = differences.length > 0 ? 1 : 0;

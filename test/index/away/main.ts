import process from "node:process";
import { countOption, readOptions } from "../../../bench/support/options.ts";
import { type AwayResult, runAway, WAYS } from "./run.ts";

// npm run faults:index -- --seconds 60 --quick --json
// PostgreSQL hangs, and is killed, for so long, while two replicas of the Index are searched and written to. Exit code 1:
// something was promised and not kept. Nothing is drawn: every seed is the same.

const { quick, seed, say, more } = readOptions({ seconds: "N" });
const seconds = countOption("seconds", more.seconds, quick ? 2 : 60);
const results: AwayResult[] = [];
for (const way of WAYS) {
  const result = await runAway(way, seconds);
  results.push(result);
  say(`PostgreSQL ${way} for ${seconds} s: ${JSON.stringify(result, undefined, 2)}`);
}
const broken = results.filter(({ searches, lost, upserts, connection, serving }) => {
  const refusedOtherwise = Object.keys(upserts.refused).some((code) => !/^(Unavailable|DeadlineExceeded)$/.test(code));
  const told = connection.away.every((part) => part === 0) && connection.after.every((part) => part === 1);
  const served = [...serving.away, ...serving.after].every(Boolean);
  return searches.failed.length > 0 || lost.length > 0 || refusedOtherwise || !told || !served;
});
const figures = { seconds, results, broken: broken.map(({ way }) => way) };
console.log(JSON.stringify({ name: "index-postgres-away", ratios: {}, figures, seed }));
process.exitCode = broken.length > 0 ? 1 : 0;

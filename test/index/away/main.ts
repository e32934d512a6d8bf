import process from "node:process";
import { parseArgs } from "node:util";
import { type AwayResult, runAway, WAYS } from "./run.ts";

// node bin/run.mjs test/index/away/main.ts --seconds 60 --json
// PostgreSQL hangs, and is killed, for so long, while two replicas of the Index are searched and written to. Exit code 1:
// something was promised and not kept.

const { values } = parseArgs({ options: { seconds: { type: "string" }, json: { type: "boolean" } } });
const seconds = Number(values.seconds ?? 60);
if (!(seconds > 0)) throw new RangeError(`expected --seconds above 0, got ${values.seconds}`);
const results: AwayResult[] = [];
for (const way of WAYS) {
  const result = await runAway(way, seconds);
  results.push(result);
  if (!values.json) console.log(`PostgreSQL ${way} for ${seconds} s`, result);
}
const broken = results.filter(({ searches, lost, upserts, connection, serving }) => {
  const refusedOtherwise = Object.keys(upserts.refused).some((code) => !/^(Unavailable|DeadlineExceeded)$/.test(code));
  const told = connection.away.every((part) => part === 0) && connection.after.every((part) => part === 1);
  const served = [...serving.away, ...serving.after].every(Boolean);
  return searches.failed.length > 0 || lost.length > 0 || refusedOtherwise || !told || !served;
});
const figures = { seconds, results, broken: broken.map(({ way }) => way) };
console.log(JSON.stringify({ name: "index-postgres-away", ratios: {}, figures }));
process.exitCode = broken.length > 0 ? 1 : 0;

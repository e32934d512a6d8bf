import process from "node:process";
import { fail, type StepResult } from "./run/step.ts";
import { allSteps } from "./run/steps.ts";
import { temporaryFolder } from "./run/temporary.ts";

// What `npm test` and CI run: every check and every test, also after a failure. `npm test -- word` runs the tests
// whose path contains the word. The last line is always the count.

/** Files that take longer are named. */
const LONG_SECONDS = 10;

process.env.TMPDIR = temporaryFolder();
const steps = await allSteps(process.argv.slice(2));
const results: StepResult[] = [];
for (const step of steps) {
  const startedAt = performance.now();
  const result = await step.run().catch((error: unknown) => fail(String((error as Error).stack ?? error)));
  results.push(result);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
  const mark = result.failed > 0 ? "FAIL" : result.passed > 0 ? "ok  " : "–   ";
  process.stdout.write(`${mark} ${seconds} s  ${step.name}${result.passed > 1 ? `: ${result.passed} passed` : ""}\n`);
  if (result.output) process.stdout.write(`${result.output.trimEnd().replace(/^/gm, "     | ")}\n`);
  const longest = (result.longest ?? []).filter(({ seconds: each }) => each >= LONG_SECONDS);
  if (longest.length > 0) {
    process.stdout.write(
      `     longest: ${longest.map(({ name, seconds: each }) => `${name} ${each.toFixed(0)} s`).join(", ")}\n`,
    );
  }
  for (const reason of result.skipped) process.stdout.write(`     SKIPPED: ${reason}\n`);
}

const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
const skipped = results.reduce((sum, result) => sum + result.skipped.length, 0);
if (passed + failed === 0) process.stdout.write("\nnothing was tested\n");
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

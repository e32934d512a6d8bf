import type { StepResult } from "./step.ts";

/** So many files of a step are named with their time. */
const LONGEST_FILES = 5;

/**
 * Count the tests in TAP 14 as `tap --reporter=tap` writes it: a result at the outermost level is a file, one level in
 * is a test of that file. A file that fails beside its tests (a crash, a time limit) counts as one failure more.
 */
export function readTap(text: string, programOk: boolean): StepResult {
  const result: StepResult = { passed: 0, failed: 0, skipped: [], output: "" };
  const files: { name: string; seconds: number }[] = [];
  const failures: string[] = [];
  let within: string[] = [];
  let failedWithin = 0;
  for (const line of text.split("\n")) {
    if (line.startsWith("Bail out!")) {
      result.failed += 1;
      failures.push(line);
    }
    const found = /^( {4})?(not )?ok\b(?: \d+)?(?: - )?(.*)$/.exec(line);
    if (!found) {
      within.push(line);
      continue;
    }
    const [, nested, not, rest = ""] = found;
    const name = rest.replace(/\s+# time=.*$/, "").replace(/ \{$/, "");
    const ms = /# time=([\d.]+)ms/.exec(rest)?.[1];
    if (!nested && ms) files.push({ name, seconds: Number(ms) / 1000 });
    const directive = /\s# (SKIP|TODO)\b\s*(.*)$/i.exec(name);
    if (nested) {
      if (directive) result.skipped.push(name.trim());
      else if (not) {
        result.failed += 1;
        failedWithin += 1;
      } else result.passed += 1;
      within.push(line);
      continue;
    }
    if (directive) result.skipped.push(name.trim());
    else if (not) {
      if (failedWithin === 0) result.failed += 1;
      within.push(line);
      failures.push(...failingLines(within));
      within = [];
    }
    if (!not) within = [];
    failedWithin = 0;
  }
  if (failures.length === 0 && !programOk) {
    result.failed += 1;
    failures.push(text.slice(-4000), "tap failed without naming a test");
  }
  const longest = files.sort((a, b) => b.seconds - a.seconds).slice(0, LONGEST_FILES);
  return { ...result, output: failures.join("\n"), ...(longest.length > 0 ? { longest } : {}) };
}

/** Of a failed file: everything but the tests that passed. */
function failingLines(lines: string[]): string[] {
  return lines.filter((line) => !/^\s*(ok\b|1\.\.\d+|# time=)/.test(line)).filter((line) => line.trim() !== "");
}

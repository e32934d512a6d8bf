import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { envExample } from "../../scripts/env-example.ts";
import { root, run } from "./command.ts";
import { breakingStep, genStep } from "./contract.ts";
import { sourceFiles } from "./files.ts";
import { fail, pass, programStep, type Step } from "./step.ts";
import { readTap } from "./tap-output.ts";

/** Tests in these folders start whole meshes or load the machine: two at a time, for they mostly wait. */
const MESHES = ["mesh", "web", "observability", "launcher", "runtimes", "conformance", "index"].map(
  (name) => `test/${name}/`,
);
/** But these judge how long something takes, or load the machine by themselves: one after another. */
const ALONE = ["index/faults", "launcher/data-servers", "launcher/launcher", "mesh/crash", "mesh/health"].map(
  (name) => `test/${name}.test.ts`,
);
/** Where tests stand. */
const FOLDERS = ["services", "envoy", "observability", "web", "cli", "eval", "test"];

const envStep: Step = {
  name: ".env.example is fresh",
  async run() {
    const have = await readFile(join(root, ".env.example"), "utf8").catch(() => "");
    return have === envExample() ? pass() : fail("not what the schemas say\nrun: npm run env-example");
  },
};

/** Everything that `npm test` checks, in order. `only`: tests whose path contains one of these words, nothing else. */
export async function allSteps(only: string[]): Promise<Step[]> {
  const tests = (await sourceFiles(root, FOLDERS)).filter((file) => file.endsWith(".test.ts"));
  const wanted = only.length === 0 ? tests : tests.filter((file) => only.some((word) => file.includes(word)));
  const meshes = wanted.filter((file) => MESHES.some((folder) => file.startsWith(folder)));
  const alone = meshes.filter((file) => ALONE.includes(file));
  const tapSteps = [
    tapStep(
      "tests of units",
      wanted.filter((file) => !meshes.includes(file)),
      2,
    ),
    tapStep(
      "tests of whole meshes",
      meshes.filter((file) => !alone.includes(file)),
      2,
    ),
    tapStep("tests by the clock", alone, 1),
  ];
  if (only.length > 0) return tapSteps;
  return [
    programStep("format and lint", "biome", "ci", "--colors=off", "."),
    programStep("types", "tsc", "-p", "."),
    programStep("types of the page", "tsc", "-p", "web"),
    programStep("contract: lint", "buf", "lint"),
    programStep("contract: format", "buf", "format", "--diff", "--exit-code"),
    breakingStep,
    genStep,
    envStep,
    ...tapSteps,
  ];
}

function tapStep(name: string, files: string[], jobs: number): Step {
  return {
    name: `${name} (${files.length} files)`,
    async run() {
      if (files.length === 0) return { passed: 0, failed: 0, skipped: [], output: "" };
      const { ok, stdout, output } = await run("tap", ["--reporter=tap", `--jobs=${jobs}`, ...files], 600_000);
      return readTap(stdout || output, ok);
    },
  };
}

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "./command.ts";
import { sourceFiles } from "./files.ts";
import { fail, fromProgram, pass, type Step, type StepResult, skip } from "./step.ts";

/** The contract does not break the one on the main branch, or the commit before on the main branch itself. */
export const breakingStep: Step = {
  name: "contract: nothing breaks",
  async run() {
    const earlier = await earlierCommit();
    if (earlier === undefined)
      return skip("contract: no earlier commit to compare with (a shallow clone, or the first commit)");
    if (!(await git("cat-file", "-e", `${earlier}:buf.yaml`)).ok) return skip(`contract: commit ${earlier} has none`);
    return inTemporaryFolder(async (folder) => {
      const archive = join(folder, "earlier.tar");
      const packed = await git("archive", "--format=tar", "-o", archive, earlier, "proto", "buf.yaml");
      if (!packed.ok) return skip(`contract: cannot read commit ${earlier}: ${packed.output.trim()}`);
      return fromProgram(await run("buf", ["breaking", "--against", archive]));
    });
  },
};

/** gen/ is what the contract gives now. */
export const genStep: Step = {
  name: "gen/ is fresh",
  run: () =>
    inTemporaryFolder(async (folder) => {
      const made = await run("buf", ["generate", "-o", folder]);
      if (!made.ok) return fail(made.output);
      const ignored = "gen/envoy-api/";
      const want = (await sourceFiles(folder, ["gen"])).sort();
      const have = (await sourceFiles(root, ["gen"])).filter((file) => !file.startsWith(ignored)).sort();
      const stale: string[] = [];
      for (const file of new Set([...want, ...have])) {
        const same =
          want.includes(file) && have.includes(file) && (await sameText(join(folder, file), join(root, file)));
        if (!same) stale.push(file);
      }
      return stale.length === 0 ? pass() : fail(`not what proto/ gives: ${stale.join(", ")}\nrun: npm run gen`);
    }),
};

async function earlierCommit(): Promise<string | undefined> {
  const head = await commitOf("HEAD");
  if (head === undefined) return undefined;
  for (const branch of ["refs/remotes/origin/main", "refs/heads/main"]) {
    const commit = await commitOf(branch);
    if (commit === undefined || commit === head) continue;
    const base = await git("merge-base", commit, head);
    const common: string = base.ok ? base.stdout.trim() : commit;
    if (common !== head) return common;
  }
  const changed = !(await git("diff", "--quiet", "HEAD", "--", "proto")).ok;
  return changed ? head : commitOf("HEAD^");
}

async function commitOf(name: string): Promise<string | undefined> {
  const { ok, stdout } = await git("rev-parse", "--verify", "--quiet", `${name}^{commit}`);
  return ok ? stdout.trim() : undefined;
}

function git(...args: string[]) {
  return run("git", args, 20_000);
}

async function sameText(a: string, b: string): Promise<boolean> {
  return (await readFile(a, "utf8")) === (await readFile(b, "utf8"));
}

async function inTemporaryFolder(work: (folder: string) => Promise<StepResult>): Promise<StepResult> {
  const folder = await mkdtemp(join(tmpdir(), "flashfit-test-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { noMesh } from "../client/mesh.ts";
import { usageError } from "../command.ts";
import { type Activated, activate, versionBefore } from "./activate.ts";
import { activations } from "./activations.ts";
import { cacheUrl, clearCache } from "./cache-clear.ts";
import { findEncoder, type RunningEncoder, runningModels } from "./encoder.ts";
import type { Job } from "./subcommands.ts";

/** `flashfit models activate` */
export async function run(job: Job): Promise<number> {
  const [name = "", version = ""] = job.args;
  tell(job, await activate(running(job), name, version));
  return 0;
}

/** `flashfit models rollback` */
export async function runRollback(job: Job): Promise<number> {
  const [name = ""] = job.args;
  const encoder = running(job);
  const kept = (await activations(job.settings))[name]?.previous;
  tell(job, await activate(encoder, name, versionBefore(await runningModels(encoder), name, kept)));
  return 0;
}

/** `flashfit models cache clear` */
export async function runCacheClear(job: Job): Promise<number> {
  if (job.args[0] !== "clear") throw usageError(`expected cache clear, got cache ${job.args[0]}`);
  await clearCache(cacheUrl(job.home, job.env));
  job.answer({ cleared: true }, "the cache is cleared: every answer is computed anew");
  return 0;
}

function running({ home }: Job): RunningEncoder {
  const encoder = findEncoder(home);
  if (!encoder) throw noMesh(home);
  return encoder;
}

function tell(job: Job, activated: Activated): void {
  const { name, version, previous, state } = activated;
  const before = previous === version ? ", as before" : previous ? `, ${previous} did before` : "";
  job.answer(activated, `${name} ${version} is ${state}${before}`);
}

import { findEncoder, type RunningModel, runningModels } from "./encoder.ts";
import { modelLines, modelTable } from "./list.ts";
import { removeModel } from "./remove.ts";
import type { Job } from "./subcommands.ts";

/** `flashfit models list` */
export async function run(job: Job): Promise<number> {
  const running = await askEncoder(job).catch((error: Error) => {
    job.io.stderr.write(`the Encoder does not say which of them it runs: ${error.message}\n`);
    return undefined;
  });
  const lines = await modelLines(job.settings.MODEL_DIR, running);
  job.answer(lines, modelTable(lines));
  return 0;
}

/** `flashfit models remove` */
export async function runRemove(job: Job): Promise<number> {
  const [name = "", version = ""] = job.args;
  await removeModel(job.settings, name, version, await askEncoder(job));
  job.answer({ name, version, removed: true }, `${name} ${version} is removed`);
  return 0;
}

async function askEncoder({ home }: Job): Promise<RunningModel[] | undefined> {
  const encoder = findEncoder(home);
  return encoder && runningModels(encoder);
}

import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { usageError } from "../command.ts";
import { textFlag } from "../subcommands.ts";
import { addModel } from "./add.ts";
import { formatBytes } from "./format.ts";
import { interruptible } from "./interruptible.ts";
import { type Pulled, pullModel } from "./pull.ts";
import type { Job } from "./subcommands.ts";

/** `flashfit models pull` */
export async function run(job: Job): Promise<number> {
  const { settings, io, args } = job;
  const pull = (signal: AbortSignal) =>
    pullModel(
      {
        repository: args[0] ?? "",
        as: textFlag(job, "as"),
        version: textFlag(job, "version"),
        variants: textFlag(job, "variant"),
      },
      {
        directory: settings.MODEL_DIR,
        endpoint: settings.HF_ENDPOINT,
        token: settings.HF_TOKEN,
        stderr: io.stderr,
        sleep: (ms, signal) => delay(ms, undefined, { signal }),
        signal,
      },
    );
  const pulled = await interruptible(pull, "interrupted; run the same command again to go on");
  job.answer(pulled, `${pulled.existed ? "already there: " : ""}${described(pulled)}`);
  return 0;
}

/** `flashfit models add` */
export async function runAdd(job: Job): Promise<number> {
  const as = textFlag(job, "as");
  if (as === undefined) throw usageError("expected --as NAME: what the model is to be called");
  const folder = resolve(job.io.cwd, job.args[0] ?? "");
  const added = await addModel({ folder, as, version: textFlag(job, "version") }, job.settings.MODEL_DIR);
  job.answer(added, described({ ...added, existed: false }));
  return 0;
}

function described({ name, version, folder, source }: Pulled): string {
  const bytes = source.files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    `${name} ${version}: ${source.files.length} files, ${formatBytes(bytes)}, in ${folder}`,
    `  from ${source.origin}${source.revision ? ` at ${source.revision}` : ""}, licence: ${source.license ?? "not stated"}`,
    `  next: flashfit models verify ${name} ${version}; flashfit models activate ${name} ${version}`,
  ].join("\n");
}

import { resolve } from "node:path";
import { openInProcess } from "../../services/encoder/inference/in-process.ts";
import { openWorker } from "../../services/encoder/inference/open-worker.ts";
import { type ListedModel, listModels } from "../../services/encoder/repository/listing.ts";
import { showProgress } from "../client/progress.ts";
import { CommandError } from "../command.ts";
import { numberFlag, textFlag } from "../subcommands.ts";
import { benchModel, benchTable } from "./bench.ts";
import { findInputs } from "./closeness.ts";
import { closenessTable } from "./closeness-table.ts";
import { interruptible } from "./interruptible.ts";
import type { Job } from "./subcommands.ts";
import { type Verified, verifyModel } from "./verify.ts";

const MARKS = { ok: "✓", failed: "✗", skipped: "–" } as const;

/** `flashfit models verify`: exit code 1 when something is wrong. */
export async function run(job: Job): Promise<number> {
  const photos = textFlag(job, "photos");
  const models = await choose(job);
  const inputs = await findInputs(photos && resolve(job.io.cwd, photos));
  const found = await interruptible(async (signal) => {
    const each = inputs.photos.length + inputs.texts.length;
    const variants = models.reduce((sum, model) => sum + model.variants.length, 0);
    const progress = showProgress(job.io.stderr, variants * each, { unit: "photos and texts" });
    try {
      const found: Verified[] = [];
      for (const model of models) {
        found.push(await verifyModel(model, { open: openWorker, inputs, signal, onDone: () => progress.step() }));
      }
      return found;
    } finally {
      progress.stop();
    }
  });
  job.answer(found, [...found.map(described), ...closenessTable(found)].join("\n\n"));
  return found.every(({ ok }) => ok) ? 0 : 1;
}

/** `flashfit models bench`, of the highest version unless one is named. */
export async function runBench(job: Job): Promise<number> {
  const model = (await choose(job)).at(-1);
  if (!model) throw new CommandError("there is no model");
  const threads = numberFlag(job, "threads", 1, { min: 1, max: 256, whole: true });
  const budgetMs = numberFlag(job, "seconds", 0.5, { min: 0.01, max: 60 }) * 1000;
  const measured = await benchModel(model, { open: openInProcess, threads, budgetMs });
  const { name, version } = model;
  job.answer({ name, version, threads, measured }, `${name} ${version}, ${threads} threads\n\n${benchTable(measured)}`);
  return 0;
}

async function choose({ args: [name, version], settings }: Job): Promise<ListedModel[]> {
  const all = await listModels(settings.MODEL_DIR).catch((error: Error) => {
    throw new CommandError(error.message);
  });
  const found = all
    .filter((model) => name === undefined || model.name === name)
    .filter((model) => version === undefined || model.version === version);
  if (found.length > 0) return found;
  const there = all.map((model) => `${model.name} ${model.version}`).join(", ");
  throw new CommandError(
    `there is no ${[name ?? "model", version].filter(Boolean).join(" ")}; there are ${there || "none"}`,
  );
}

function described({ name, version, ok, checks }: Verified): string {
  return [
    `${name} ${version}: ${ok ? "good" : "NOT GOOD"}`,
    ...checks.map(({ what, outcome, detail }) => `  ${MARKS[outcome]} ${what}: ${detail}`),
  ].join("\n");
}

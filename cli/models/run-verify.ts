import { resolve } from "node:path";
import { openInProcess } from "../../services/encoder/inference/in-process.ts";
import { openWorker } from "../../services/encoder/inference/open-worker.ts";
import { type ListedModel, listModels } from "../../services/encoder/repository/listing.ts";
import { CommandError } from "../command.ts";
import { benchModel, benchTable } from "./bench.ts";
import { type Closeness, findInputs, type Spread } from "./closeness.ts";
import { type Job, numberFlag, textFlag } from "./subcommands.ts";
import { type Verified, verifyModel } from "./verify.ts";

const MARKS = { ok: "✓", failed: "✗", skipped: "–" } as const;

/** `flashfit models verify`: exit code 1 when something is wrong. */
export async function run(job: Job): Promise<number> {
  const photos = textFlag(job, "photos");
  const models = await choose(job);
  const inputs = await findInputs(photos && resolve(job.io.cwd, photos));
  const found: Verified[] = [];
  for (const model of models) found.push(await verifyModel(model, { open: openWorker, inputs }));
  job.answer(found, found.map(described).join("\n\n"));
  return found.every(({ ok }) => ok) ? 0 : 1;
}

/** `flashfit models bench`, of the highest version unless one is named. */
export async function runBench(job: Job): Promise<number> {
  const model = (await choose(job)).at(-1);
  if (!model) throw new CommandError("there is no model");
  const threads = numberFlag(job, "threads", 1, 1, 256);
  const budgetMs = numberFlag(job, "seconds", 0.5, 0.01, 60) * 1000;
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

function described({ name, version, ok, checks, closeness }: Verified): string {
  return [
    `${name} ${version}: ${ok ? "good" : "NOT GOOD"}`,
    ...checks.map(({ what, outcome, detail }) => `  ${MARKS[outcome]} ${what}: ${detail}`),
    ...closeness.map((close) => `  ≈ ${nearness(close)}`),
  ].join("\n");
}

function nearness({ variant, to, photos, texts }: Closeness): string {
  const say = (what: string, spread: Spread | undefined) =>
    spread ? [`${spread.count} ${what} min ${spread.min.toFixed(4)} mean ${spread.mean.toFixed(4)}`] : [];
  return `cosine of ${variant} to ${to}: ${[...say("photos", photos), ...say("texts", texts)].join(", ")}`;
}

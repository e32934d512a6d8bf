import type { TuneProposal, TuneTrial } from "../../gen/flashfit/index/v1/index_pb.ts";
import { showProgress } from "../client/progress.ts";
import { table } from "../client/table.ts";
import { CommandError, usageError } from "../command.ts";
import { formatBytes } from "../models/format.ts";
import { numberFlag } from "../subcommands.ts";
import { formatMs, formatShare } from "./numbers.ts";
import { asked } from "./running.ts";
import type { Job } from "./subcommands.ts";

/** `flashfit index tune` */
export async function run(job: Job): Promise<number> {
  const [index] = job.args;
  if (!index) throw usageError('expected the name of an index: "flashfit index list" shows them');
  const { factory } = job.flags;
  const request = {
    index,
    targetRecall: numberFlag(job, "recall", 0.99, { min: 0, max: 1 }),
    k: numberFlag(job, "k", 10, { min: 1, max: 1000, whole: true }),
    queries: numberFlag(job, "queries", 200, { min: 1, max: 10_000, whole: true }),
    seed: numberFlag(job, "seed", 1, { min: 0, max: 2 ** 32 - 1, whole: true }),
    factories: Array.isArray(factory) ? factory : [],
  };
  const { trials, proposal } = await tune(job, request);
  const lines = trials.map(lineOf);
  const settings = proposal.settings.join("\n");
  const said = [tuneTable(trials, request.k), "", `${proposal.reason}:`, "", settings].join("\n");
  const { reachedTarget, reason } = proposal;
  const proposed = {
    reachedTarget,
    reason,
    settings: proposal.settings,
    ...(proposal.trial && lineOf(proposal.trial)),
  };
  job.answer({ trials: lines, proposal: proposed }, said);
  return reachedTarget ? 0 : 1;
}

type Request = Parameters<Job["index"]["client"]["tune"]>[0];

async function tune(job: Job, request: Request): Promise<{ trials: TuneTrial[]; proposal: TuneProposal }> {
  return await asked(job.index, async () => {
    const trials: TuneTrial[] = [];
    let progress: ReturnType<typeof showProgress> | undefined;
    let seen = 0;
    try {
      for await (const message of job.index.client.tune(request, { signal: job.signal })) {
        progress ??= showProgress(job.io.stderr, message.total, { unit: "graphs and parameters" });
        progress.step(message.done - seen);
        seen = message.done;
        if (message.trial) trials.push(message.trial);
        if (message.proposal) return { trials, proposal: message.proposal };
      }
    } finally {
      progress?.stop();
    }
    throw new CommandError("the Index ended before it had measured everything; try again");
  });
}

function paramsText({ params }: TuneTrial): string {
  if (params?.efSearch) return `efSearch ${params.efSearch}`;
  return params?.nprobe ? `nprobe ${params.nprobe}` : "–";
}

function lineOf({ factory, params, recall, recallLow, meanMs, p95Ms, memoryBytes, buildMs }: TuneTrial) {
  return {
    ...{ factory, efSearch: params?.efSearch ?? 0, nprobe: params?.nprobe ?? 0, recall, recallLow, meanMs, p95Ms },
    ...{ memoryBytes: Number(memoryBytes), buildMs: Number(buildMs) },
  };
}

/** For people. */
export function tuneTable(trials: TuneTrial[], k: number): string {
  const head = ["graph", "parameters", `recall@${k}`, "at least", "mean", "p95", "memory", "built in"];
  const rows = trials.map((one) => [
    ...[one.factory || "none: exact scan", paramsText(one), formatShare(one.recall), formatShare(one.recallLow)],
    ...[formatMs(one.meanMs), formatMs(one.p95Ms), formatBytes(Number(one.memoryBytes)), formatMs(Number(one.buildMs))],
  ]);
  return `${table(head, rows)}\n\nat least: lower end of the 95 % interval`;
}

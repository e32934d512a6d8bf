import { type BenchmarkResult, PlanKind } from "../../gen/flashfit/index/v1/index_pb.ts";
import { showProgress } from "../client/progress.ts";
import { table } from "../client/table.ts";
import { CommandError } from "../command.ts";
import { numberFlag } from "../subcommands.ts";
import { formatCount, formatMs, formatShare } from "./numbers.ts";
import { asked } from "./running.ts";
import type { Job } from "./subcommands.ts";

const PLANS: Record<number, string> = {
  [PlanKind.EXACT_ALL]: "exact-all",
  [PlanKind.EXACT_ROWS]: "exact-rows",
  [PlanKind.GRAPH]: "graph",
  [PlanKind.EMPTY]: "empty",
};

/** `flashfit index benchmark`, of all indices that hold something unless one is named. */
export async function run(job: Job): Promise<number> {
  const whole = { min: 1, max: 10_000, whole: true };
  const options = {
    queries: numberFlag(job, "queries", 200, whole),
    k: numberFlag(job, "k", 10, { ...whole, max: 1000 }),
    seed: numberFlag(job, "seed", 1, { min: 0, max: 2 ** 32 - 1, whole: true }),
    params: {
      efSearch: numberFlag(job, "ef-search", 0, { min: 0, max: 65_536, whole: true }),
      nprobe: numberFlag(job, "nprobe", 0, { min: 0, max: 65_536, whole: true }),
    },
  };
  const [named] = job.args;
  const { indexes } = await asked(job.index, () => job.index.client.listIndexes({}));
  const names = named ? [named] : indexes.filter(({ vectorCount }) => vectorCount > 1n).map(({ name }) => name);
  if (names.length === 0) throw new CommandError('no index holds two vectors: fill them with "flashfit seed"');
  const results: BenchmarkResult[] = [];
  for (const index of names) results.push(await measure(job, { index, ...options }));
  const found = results.map(({ $typeName, plan, vectorCount, ...numbers }) => ({
    ...numbers,
    vectorCount: Number(vectorCount),
    plan: PLANS[plan?.kind ?? 0] ?? "unknown",
    reason: plan?.reason ?? "",
  }));
  job.answer(found, benchmarkTable(results));
  return 0;
}

type Request = Parameters<Job["index"]["client"]["benchmark"]>[0] & { index: string };

async function measure(job: Job, request: Request): Promise<BenchmarkResult> {
  return await asked(job.index, async () => {
    let progress: ReturnType<typeof showProgress> | undefined;
    let seen = 0;
    try {
      for await (const { done, total, result } of job.index.client.benchmark(request, { signal: job.signal })) {
        progress ??= showProgress(job.io.stderr, total, { unit: `searches of ${request.index}` });
        progress.step(done - seen);
        seen = done;
        if (result) return result;
      }
    } finally {
      progress?.stop();
    }
    throw new CommandError("the Index ended before it had measured everything; try again");
  });
}

/** For people. */
export function benchmarkTable(results: BenchmarkResult[]): string {
  const k = results[0]?.k ?? 0;
  const head = [
    "index",
    "engine",
    "vectors",
    "searches",
    `recall@${k}`,
    "at least",
    "p50",
    "p95",
    "p99",
    "exact",
    "plan",
  ];
  const rows = results.map((one) => [
    ...[one.index, one.engine, formatCount(one.vectorCount), formatCount(one.queries)],
    ...[formatShare(one.recall), formatShare(one.recallLow)],
    ...[one.p50Ms, one.p95Ms, one.p99Ms, one.exactMeanMs].map(formatMs),
    PLANS[one.plan?.kind ?? 0] ?? "unknown",
  ]);
  const reasons = new Set(results.map(({ plan }) => plan?.reason).filter(Boolean));
  const why = [...reasons].map((reason) => `  ${reason}`);
  return [table(head, rows), "", "at least: lower end of the 95 % interval; why this plan:", ...why].join("\n");
}

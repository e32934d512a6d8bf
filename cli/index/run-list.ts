import { Metric } from "../../gen/flashfit/index/v1/index_pb.ts";
import { table } from "../client/table.ts";
import { formatBytes } from "../models/format.ts";
import { formatCount } from "./numbers.ts";
import { asked } from "./running.ts";
import type { Job } from "./subcommands.ts";

const METRICS: Record<number, string> = {
  [Metric.COSINE]: "cosine",
  [Metric.INNER_PRODUCT]: "inner product",
  [Metric.L2]: "l2",
};

/** `flashfit index list` */
export async function run(job: Job): Promise<number> {
  const { indexes, appliedSeq } = await asked(job.index, () => job.index.client.listIndexes({}));
  const lines = indexes.map(({ name, model, metric, engine, dimensions, vectorCount, sizeBytes }) => ({
    ...{ name, model, engine, dimensions, metric: METRICS[metric] ?? "unknown" },
    ...{ vectors: Number(vectorCount), bytes: Number(sizeBytes) },
  }));
  const rows = lines.map(({ name, model, engine, metric, dimensions, vectors, bytes }) => [
    ...[name, model, engine, metric, String(dimensions || "–"), formatCount(vectors), formatBytes(bytes)],
  ]);
  const said = table(["index", "model", "engine", "metric", "dimensions", "vectors", "size"], rows);
  job.answer({ indexes: lines, appliedSeq: Number(appliedSeq) }, `${said}\n\nup to change ${formatCount(appliedSeq)}`);
  return 0;
}

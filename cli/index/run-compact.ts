import type { CompactResult } from "../../gen/flashfit/index/v1/index_pb.ts";
import { showProgress } from "../client/progress.ts";
import { table } from "../client/table.ts";
import { CommandError } from "../command.ts";
import { formatBytes } from "../models/format.ts";
import { formatCount, formatMs } from "./numbers.ts";
import { asked } from "./running.ts";
import type { Job } from "./subcommands.ts";

/** `flashfit index compact` */
export async function run(job: Job): Promise<number> {
  const lines = await asked(job.index, async () => {
    const results: [string, CompactResult][] = [];
    let doing = "";
    let seen = 0;
    let progress: ReturnType<typeof showProgress> | undefined;
    try {
      for await (const message of job.index.client.compact({ index: job.args[0] ?? "" }, { signal: job.signal })) {
        const { index, phase, total, result } = message;
        const now = `${index}, ${phase}`;
        if (now !== doing) {
          progress?.stop();
          progress =
            result || total === 0n
              ? undefined
              : showProgress(job.io.stderr, Number(total), { unit: `vectors of ${now}` });
          seen = 0;
          doing = now;
        }
        progress?.step(Number(message.done) - seen);
        seen = Number(message.done);
        if (result) results.push([index, result]);
      }
    } finally {
      progress?.stop();
    }
    if (results.length === 0) throw new CommandError("the Index ended before it had compacted anything; try again");
    return results.map(([index, { dropped, vectorCount, memoryBytes, factory, tookMs }]) => ({
      ...{ index, factory, dropped: Number(dropped), vectors: Number(vectorCount) },
      ...{ memoryBytes: Number(memoryBytes), tookMs: Number(tookMs) },
    }));
  });
  const rows = lines.map(({ index, dropped, vectors, memoryBytes, factory, tookMs }) => [
    ...[index, formatCount(dropped), formatCount(vectors), formatBytes(memoryBytes), factory || "–", formatMs(tookMs)],
  ]);
  job.answer(lines, table(["index", "dropped", "vectors", "memory", "graph", "took"], rows));
  return 0;
}

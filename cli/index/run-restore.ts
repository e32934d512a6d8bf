import { formatCount } from "./numbers.ts";
import { asked } from "./running.ts";
import type { Job } from "./subcommands.ts";

/** `flashfit index restore` */
export async function run(job: Job): Promise<number> {
  const request = { generation: job.args[0] ?? "", fromStore: job.flags["from-store"] === true };
  const { restoredSeq, appliedSeq, generation } = await asked(job.index, () =>
    job.index.client.restore(request, { signal: job.signal }),
  );
  const from = generation || "PostgreSQL";
  const said = `loaded ${from} as of change ${formatCount(restoredSeq)}, and what changed up to ${formatCount(appliedSeq)}`;
  job.answer({ from, restoredSeq: Number(restoredSeq), appliedSeq: Number(appliedSeq) }, said);
  return 0;
}

import { showProgress } from "../client/progress.ts";
import { CommandError } from "../command.ts";
import { numberFlag } from "../subcommands.ts";
import { formatCount } from "./numbers.ts";
import { asked } from "./running.ts";
import type { Job } from "./subcommands.ts";

/** `flashfit index verify`: exit code 1 when something differs. */
export async function run(job: Job): Promise<number> {
  const vectorShare = numberFlag(job, "vectors", 0.1, { min: 0, max: 1 });
  const last = await asked(job.index, async () => {
    let progress: ReturnType<typeof showProgress> | undefined;
    let seen = 0;
    try {
      for await (const message of job.index.client.verify({ vectorShare }, { signal: job.signal })) {
        const checked = Number(message.checked);
        progress ??= showProgress(job.io.stderr, Math.max(checked, Number(message.total)), { unit: "look-ups" });
        progress.step(checked - seen);
        seen = checked;
        if (message.done) return message;
      }
    } finally {
      progress?.stop();
    }
    throw new CommandError("the Index ended before it had compared everything; try again");
  });
  const { checked, vectorsChecked, differences, examples } = last;
  const compared = `${formatCount(checked)} look-ups and ${formatCount(vectorsChecked)} vectors compared`;
  const said =
    differences === 0n
      ? `good: memory holds what the store of record holds (${compared})`
      : [
          `NOT GOOD: ${formatCount(differences)} items differ (${compared})`,
          ...examples.map(({ itemId, description }) => `  ✗ ${itemId}: ${description}`),
          "restart the Index to load all items anew",
        ].join("\n");
  const found = examples.map(({ itemId, description }) => ({ itemId, description }));
  const counts = { checked: Number(checked), vectorsChecked: Number(vectorsChecked), differences: Number(differences) };
  job.answer({ ok: differences === 0n, ...counts, examples: found }, said);
  return differences === 0n ? 0 : 1;
}

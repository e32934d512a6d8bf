import type { Policy } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { table } from "../client/table.ts";
import { formatCount } from "../index/numbers.ts";
import type { Call } from "../subcommands.ts";
import { asked, findFeedback } from "./feedback.ts";

/** `flashfit policies list` */
export async function run(call: Call): Promise<number> {
  const feedback = findFeedback(call.home);
  const { policies, learnerLag } = await asked(feedback, () => feedback.client.listPolicies({}));
  const lag = `${formatCount(learnerLag)} entries of the log are not learned from yet`;
  call.answer({ policies: policies.map(lineOf), learnerLag: Number(learnerLag) }, `${policyTable(policies)}\n\n${lag}`);
  return 0;
}

export function lineOf({ name, share, recommendations, positive, negative }: Policy) {
  return {
    name,
    share,
    recommendations: Number(recommendations),
    positive: Number(positive),
    negative: Number(negative),
  };
}

export function policyTable(policies: readonly Policy[]): string {
  const rows = policies.map(({ name, share, recommendations, positive, negative }) => [
    name,
    `${Number(share.toFixed(2))} %`,
    ...[recommendations, positive, negative].map((count) => formatCount(count)),
  ]);
  return table(["policy", "people", "recommendations", "positive", "negative"], rows);
}

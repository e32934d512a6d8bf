import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Estimate, EvaluateResponse } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { table } from "../client/table.ts";
import { formatCount, formatShare } from "../index/numbers.ts";
import { type Call, numberFlag, textFlag } from "../subcommands.ts";
import { asked, findFeedback } from "./feedback.ts";
import { parseSince } from "./since.ts";

/** `flashfit evaluate`: what each policy, or the one that is named, would have earned. */
export async function run(call: Call): Promise<number> {
  const since = textFlag(call, "since");
  const request = {
    ...(since === undefined ? {} : { since: timestampFromDate(parseSince(since, Date.now())) }),
    bootstrapSamples: numberFlag(call, "samples", 1000, { min: 100, max: 10_000, whole: true }),
    places: numberFlag(call, "places", 10, { min: 1, max: 100, whole: true }),
    seed: BigInt(numberFlag(call, "seed", 1, { min: 0, max: 2 ** 32 - 1, whole: true })),
  };
  const feedback = findFeedback(call.home);
  const named = textFlag(call, "policy");
  const policies = named === undefined ? await policyNames() : [named];
  const found: { policy: string; answer: EvaluateResponse }[] = [];
  for (const policy of policies) {
    const answer = await asked(feedback, () => feedback.client.evaluate({ ...request, policy }));
    found.push({ policy, answer });
  }
  call.answer(found.map(lineOf), textOf(found));
  return 0;

  async function policyNames(): Promise<string[]> {
    const { policies } = await asked(feedback, () => feedback.client.listPolicies({}));
    return policies.map(({ name }) => name);
  }
}

type Found = { policy: string; answer: EvaluateResponse };

function lineOf({ policy, answer }: Found) {
  const numbers = ({ value, lower, upper }: Estimate) => ({ value, lower, upper });
  return {
    policy,
    recommendations: Number(answer.recommendations),
    leftOut: Number(answer.leftOut),
    effectiveSampleSize: answer.effectiveSampleSize,
    meanWeight: answer.meanWeight,
    largestWeight: answer.largestWeight,
    clipped: answer.clipped,
    logged: answer.logged && numbers(answer.logged),
    ...Object.fromEntries(answer.estimates.map((estimate) => [estimate.estimator, numbers(estimate)])),
  };
}

function textOf(found: Found[]): string {
  const rows = found.map(({ policy, answer }) => {
    const cell = (name: string) => estimateText(answer.estimates.find(({ estimator }) => estimator === name));
    const evidence = [formatCount(answer.recommendations), answer.effectiveSampleSize.toFixed(0)];
    return [policy, cell("snips"), cell("dr"), cell("ips"), ...evidence, formatShare(answer.meanWeight)];
  });
  const head = ["policy", "SNIPS", "doubly robust", "IPS", "recommendations", "worth", "shown"];
  const logged = estimateText(found[0]?.answer.logged);
  return `${table(head, rows)}

Reward a recommendation, with its 95 % interval; earned in fact: ${logged}.
"worth": how many recommendations' evidence that is; "shown": how much of what the policy would show was shown by somebody.`;
}

function estimateText(estimate: Estimate | undefined): string {
  if (!estimate) return "";
  const { value, lower, upper } = estimate;
  return `${value.toFixed(3)} (${lower.toFixed(3)} to ${upper.toFixed(3)})`;
}

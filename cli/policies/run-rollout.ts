import { usageError } from "../command.ts";
import type { Call } from "../subcommands.ts";
import { asked, findFeedback } from "./feedback.ts";
import { lineOf, policyTable } from "./run-list.ts";

/** `flashfit policies rollout baseline=10 adaptive=90` */
export async function run(call: Call): Promise<number> {
  const shares = parseShares(call.args);
  const feedback = findFeedback(call.home);
  const { policies } = await asked(feedback, () => feedback.client.setRollout({ shares }));
  call.answer({ policies: policies.map(lineOf) }, policyTable(policies));
  return 0;
}

/** `NAME=PERCENT` words. @throws a usage error for another form, or a name that stands there twice. */
export function parseShares(words: readonly string[]): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const word of words) {
    const [, name = "", percent = ""] = /^([^=]+)=(\d+(?:\.\d+)?)$/.exec(word) ?? [];
    if (name === "") throw usageError(`expected POLICY=PERCENT, like adaptive=90, got ${word}`);
    if (Object.hasOwn(shares, name)) throw usageError(`expected each policy once, got ${name} twice`);
    shares[name] = Number(percent);
  }
  return shares;
}

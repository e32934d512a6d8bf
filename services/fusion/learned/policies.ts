import type { Policy } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { notFound } from "../../kit/errors.ts";
import type { PolicyName } from "../ranking/rank-types.ts";

/** The policies that rank here. */
export const POLICIES: readonly PolicyName[] = ["adaptive", "baseline", "convex"];

/** The policy of that name; undefined if there is none here. */
export function readPolicy(name: string): PolicyName | undefined {
  return POLICIES.find((policy) => policy === name);
}

/** The policy that a caller names; undefined for the empty name. Errors: NOT_FOUND, naming those that there are. */
export function requirePolicy(name: string): PolicyName | undefined {
  if (name === "") return undefined;
  const policy = readPolicy(name);
  if (policy === undefined) throw notFound(`unknown policy ${JSON.stringify(name)}: there are ${POLICIES.join(", ")}`);
  return policy;
}

/** The policy that most people get; of equal ones the first by name. */
export function leadingPolicy(policies: readonly Pick<Policy, "name" | "share">[]): PolicyName | undefined {
  let leading: { name: PolicyName; share: number } | undefined;
  for (const name of POLICIES) {
    const share = policies.find((policy) => policy.name === name)?.share ?? 0;
    if (share > (leading?.share ?? 0)) leading = { name, share };
  }
  return leading?.name;
}

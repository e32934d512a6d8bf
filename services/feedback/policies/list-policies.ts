import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Sql } from "postgres";
import type { PolicySchema } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import type { CommonState } from "../learning/state.ts";
import { readPolicies } from "./rollout-store.ts";

export type PolicyMessage = MessageInitShape<typeof PolicySchema>;

/** Policies with what was learned of them; those that are in the log and no longer among them come last, without people. */
export async function policyMessages(sql: Sql, { policies: counted }: CommonState): Promise<PolicyMessage[]> {
  const rows = await readPolicies(sql);
  const former = Object.keys(counted)
    .filter((name) => rows.every((row) => row.name !== name))
    .sort()
    .map((name) => ({ name, share: 0, weights: {} }));
  return [...rows, ...former].map((row) => {
    const count = Object.hasOwn(counted, row.name) ? counted[row.name] : undefined;
    const { recommendations = 0, positive = 0, negative = 0 } = count ?? {};
    return {
      ...row,
      recommendations: BigInt(recommendations),
      positive: BigInt(positive),
      negative: BigInt(negative),
    };
  });
}

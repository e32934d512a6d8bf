import { dashboard } from "./kit/dashboard.ts";
import { learning } from "./rows/learning.ts";
import { policies as row } from "./rows/policies.ts";

/** Ways to rank side by side: is the rollout as wanted, and does the new one do better than the old? */
export const policies = dashboard({
  uid: "policies",
  title: "Policies and Rollout",
  description: "Who is ranked for by which policy, what people answered, and what each policy would earn.",
  refresh: "30s",
  rows: [row, learning],
});

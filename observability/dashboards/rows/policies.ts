import type { Row } from "../kit/dashboard.ts";
import { graph } from "../kit/panels.ts";
import { ratio } from "../kit/queries.ts";

/** Every replica tells the same figures of the whole log. */
const byPolicy = (metric: string) => `max by (policy) (${metric})`;
const answers = (answer: string) => byPolicy(`feedback_policy_answers{answer="${answer}"}`);

/** Ways to rank side by side: who gets which, and how the new ones do beside the old. */
export const policies: Row = {
  title: "Policies",
  panels: [
    graph({
      title: "Rollout",
      description: "Percent of people whom each policy ranks for. Good: as `flashfit policies rollout` set it.",
      unit: "percent",
      queries: { "{{policy}}": byPolicy("feedback_policy_share_percent") },
      width: 6,
      stack: true,
    }),
    graph({
      title: "People by policy",
      description:
        "Different people who got a recommendation in the last day. Good: in the proportions of the rollout.",
      unit: "short",
      queries: { "{{policy}}": byPolicy("feedback_policy_people") },
      width: 6,
    }),
    graph({
      title: "Recommendations by policy",
      description: "Shown since the log began. Good: each that has people rises.",
      unit: "short",
      queries: { "{{policy}}": byPolicy("feedback_policy_recommendations") },
      width: 6,
    }),
    graph({
      title: "Answers by policy",
      description: "Positive and negative answers to what was shown. Good: the positive ones rise faster.",
      unit: "short",
      queries: { "{{policy}} {{answer}}": "max by (policy, answer) (feedback_policy_answers)" },
      width: 6,
    }),
    graph({
      title: "Negative share by policy",
      description:
        "Negative answers among all answers, old policies against new. Good: adaptive is not above baseline.",
      unit: "percentunit",
      queries: { "{{policy}}": ratio(answers("negative"), `(${answers("negative")} + ${answers("positive")})`) },
      width: 12,
      max: 1,
      noValue: "no answers",
    }),
    graph({
      title: "What each policy would earn",
      description:
        "Reward a recommendation by off-policy evaluation (SNIPS), with its 95 % interval. Good: the interval of the policy that has most people lies above that of baseline.",
      unit: "short",
      queries: { "{{policy}} {{bound}}": "max by (policy, bound) (feedback_policy_value)" },
      width: 12,
      noValue: "too little evidence",
      min: -1,
    }),
  ],
};

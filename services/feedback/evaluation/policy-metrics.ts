import { setImmediate } from "node:timers/promises";
import type { Sql } from "postgres";
import { Gauge, type Registry } from "prom-client";
import { type RepeatOptions, repeat } from "../../kit/repeat.ts";
import { readCommon } from "../learner/read-common.ts";
import { policyMessages } from "../policies/list-policies.ts";
import { evaluatePolicy, TooLittleEvidence } from "./evaluate.ts";
import { readAnswered } from "./read-answers.ts";

interface PolicyMetricsOptions extends Pick<RepeatOptions, "log" | "signal" | "pause"> {
  sql: Sql;
  metrics: Registry;
  /** Time between two looks at shares and counts; default: 15 s, as often as Prometheus asks. */
  countEveryMs?: number;
  /** Time between two looks at what takes long: a day's people, evaluations; default: 10 minutes. */
  evaluateEveryMs?: number;
}

/** Enough to see a difference on a graph; `flashfit evaluate` looks at more. */
const EVALUATED = { estimators: ["snips"], places: 10, bootstrapSamples: 200, seed: 1n } as const;
/** The newest ones. */
const RECOMMENDATIONS = 5000;
const BOUNDS = ["value", "lower", "upper"] as const;

/**
 * Shows how policies do beside each other: the share of people, who uses each, what was shown and what people answered, and
 * what each would have earned (SNIPS on the newest 5,000 recommendations). They are figures of the whole log, the same in
 * every replica. Resolves when the signal is aborted.
 */
export async function keepPolicyMetrics(options: PolicyMetricsOptions): Promise<void> {
  const { sql, metrics, countEveryMs = 15_000, evaluateEveryMs = 600_000, ...rest } = options;
  const keep = (work: () => Promise<void>, everyMs: number, what: string) => {
    const failure = { event: "policy_metrics_failed", message: `the policies' ${what} in metrics stay as they were` };
    return repeat(work, { ...rest, everyMs, failure });
  };
  await Promise.all([
    keep(countInto(metrics, sql), countEveryMs, "shares and counts"),
    keep(peopleInto(metrics, sql), evaluateEveryMs, "people"),
    keep(evaluateInto(metrics, sql, options.signal), evaluateEveryMs, "values"),
  ]);
}

function policyGauge(metrics: Registry, name: string, help: string, labels: string[] = []): Gauge {
  return new Gauge({ name, help, labelNames: ["policy", ...labels], registers: [metrics] });
}

function countInto(metrics: Registry, sql: Sql): () => Promise<void> {
  const share = policyGauge(metrics, "feedback_policy_share_percent", "percent of people whom the policy ranks for");
  const shown = policyGauge(metrics, "feedback_policy_recommendations", "recommendations shown since the log began");
  const help = "answers to what it showed since the log began";
  const answers = policyGauge(metrics, "feedback_policy_answers", help, ["answer"]);
  return async () => {
    const { common } = await readCommon(sql);
    const policies = await policyMessages(sql, common);
    for (const { name: policy = "", share: percent = 0, recommendations, positive, negative } of policies) {
      share.set({ policy }, percent);
      shown.set({ policy }, Number(recommendations));
      answers.set({ policy, answer: "positive" }, Number(positive));
      answers.set({ policy, answer: "negative" }, Number(negative));
    }
  };
}

function peopleInto(metrics: Registry, sql: Sql): () => Promise<void> {
  const help = "different people who got a recommendation by it in the last day";
  const people = policyGauge(metrics, "feedback_policy_people", help);
  return async () => {
    // Grouped before they are counted: "count(distinct)" sorts all of the day, which takes three times as long.
    const served = await sql<{ policy: string; people: string | null }[]>`
      select policy.name as policy, served.people from feedback.policy as policy left join (
        select policy, count(*) as people from (
          select policy, user_id from feedback.recommendation
          where created_at > now() - interval '1 day' and user_id <> '' group by policy, user_id) as each
        group by policy) as served on served.policy = policy.name`;
    for (const row of served) people.set({ policy: row.policy }, Number(row.people));
  };
}

function evaluateInto(metrics: Registry, sql: Sql, signal: AbortSignal): () => Promise<void> {
  const help =
    "reward a recommendation that the policy would have earned (SNIPS), with its 95 % interval; absent: the log says too little";
  const worth = policyGauge(metrics, "feedback_policy_value", help, ["bound"]);
  const pause = () => setImmediate(undefined, { signal });
  return async () => {
    const names = (await sql<{ name: string }[]>`select name from feedback.policy order by place`).map(
      ({ name }) => name,
    );
    const { places } = EVALUATED;
    const log = await readAnswered(sql, { sinceMicros: undefined, limit: RECOMMENDATIONS, places, pause });
    for (const policy of names) {
      try {
        const { snips } = await evaluatePolicy(log, { ...EVALUATED, policy, pause });
        for (const bound of BOUNDS) worth.set({ policy, bound }, snips[bound]);
      } catch (error) {
        if (!(error instanceof TooLittleEvidence)) throw error;
        for (const bound of BOUNDS) worth.remove({ policy, bound });
      }
    }
  };
}

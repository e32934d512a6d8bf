import { setImmediate } from "node:timers/promises";
import type { Sql } from "postgres";
import { Gauge, type Registry } from "prom-client";
import { readCommon } from "../learner/read-common.ts";
import { policyMessages } from "../policies/list-policies.ts";
import { evaluatePolicy, TooLittleEvidence } from "./evaluate.ts";
import { readAnswered } from "./read-answers.ts";
import { type RepeatOptions, repeat } from "./repeat.ts";

export interface PolicyMetricsOptions extends Pick<RepeatOptions, "log" | "signal" | "wait"> {
  sql: Sql;
  metrics: Registry;
  /** Time between two looks at shares and counts; default: 15 s, as often as Prometheus asks. */
  countEveryMs?: number;
  /** Time between two evaluations; default: 10 minutes. */
  evaluateEveryMs?: number;
}

/** Enough to see a difference on a graph; `flashfit evaluate` looks at more. */
const EVALUATED = { limit: 5000, places: 10, bootstrapSamples: 200 };
const BOUNDS = ["value", "lower", "upper"] as const;

/**
 * Shows how policies do beside each other: the share of people, who uses each, what was shown and what people answered, and
 * what each would have earned (SNIPS on the newest 5,000 recommendations). They are figures of the whole log, the same in
 * every replica. Resolves when the signal is aborted.
 */
export async function keepPolicyMetrics(options: PolicyMetricsOptions): Promise<void> {
  const { sql, metrics, log, signal, wait, countEveryMs = 15_000, evaluateEveryMs = 600_000 } = options;
  const [count, evaluate] = [countInto(metrics, sql), evaluateInto(metrics, sql, signal)];
  const counting = { event: "policy_count_failed", message: "the policies' counts in metrics stay as they were" };
  const evaluating = {
    event: "policy_evaluation_failed",
    message: "the policies' values in metrics stay as they were",
  };
  await Promise.all([
    repeat(count, { log, signal, wait, everyMs: countEveryMs, failure: counting }),
    repeat(evaluate, { log, signal, wait, everyMs: evaluateEveryMs, failure: evaluating }),
  ]);
}

function countInto(metrics: Registry, sql: Sql): () => Promise<void> {
  const gauge = (name: string, help: string, labels: string[] = []) =>
    new Gauge({ name, help, labelNames: ["policy", ...labels], registers: [metrics] });
  const share = gauge("feedback_policy_share_percent", "percent of people whom the policy ranks for");
  const people = gauge("feedback_policy_people", "different people who got a recommendation by it in the last day");
  const shown = gauge("feedback_policy_recommendations", "recommendations shown since the log began");
  const answers = gauge("feedback_policy_answers", "answers to what it showed since the log began", ["answer"]);
  return async () => {
    const [policies, served] = await Promise.all([
      readCommon(sql).then(({ common }) => policyMessages(sql, common)),
      sql<{ policy: string; people: string }[]>`
        select policy, count(distinct user_id) as people from feedback.recommendation
        where created_at > now() - interval '1 day' and user_id <> '' group by policy`,
    ]);
    const peopleOf = new Map(served.map((row) => [row.policy, Number(row.people)]));
    for (const { name = "", share: percent = 0, recommendations = 0n, positive = 0n, negative = 0n } of policies) {
      share.set({ policy: name }, percent);
      people.set({ policy: name }, peopleOf.get(name) ?? 0);
      shown.set({ policy: name }, Number(recommendations));
      answers.set({ policy: name, answer: "positive" }, Number(positive));
      answers.set({ policy: name, answer: "negative" }, Number(negative));
    }
  };
}

function evaluateInto(metrics: Registry, sql: Sql, signal: AbortSignal): () => Promise<void> {
  const worth = new Gauge({
    name: "feedback_policy_value",
    help: "reward a recommendation that the policy would have earned (SNIPS), with its 95 % interval; absent: the log says too little",
    labelNames: ["policy", "bound"],
    registers: [metrics],
  });
  const pause = () => setImmediate(undefined, { signal });
  const { limit, places, bootstrapSamples } = EVALUATED;
  return async () => {
    const names = (await sql<{ name: string }[]>`select name from feedback.policy order by place`).map(
      ({ name }) => name,
    );
    const log = await readAnswered(sql, { sinceMicros: undefined, limit, places, pause });
    for (const policy of names) {
      try {
        const { snips } = await evaluatePolicy(log, { policy, places, bootstrapSamples, seed: 1n, pause });
        for (const bound of BOUNDS) worth.set({ policy, bound }, snips[bound]);
      } catch (error) {
        if (!(error instanceof TooLittleEvidence)) throw error;
        for (const bound of BOUNDS) worth.remove({ policy, bound });
      }
    }
  };
}

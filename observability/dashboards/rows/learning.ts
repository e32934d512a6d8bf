import type { Row } from "../kit/dashboard.ts";
import { graph } from "../kit/panels.ts";
import { average, perSecond, quantile } from "../kit/queries.ts";

/** From what people do to what is believed of them: the log of events, and the learner behind it. */
export const learning: Row = {
  title: "Log and learner",
  panels: [
    graph({
      title: "Events by result",
      description: "Acknowledged events: new ones, and those that were known. Good: few are known already.",
      unit: "cps",
      queries: { "{{result}}": perSecond("feedback_events_total", ["result"]) },
      width: 6,
    }),
    graph({
      title: "Rows of a commit",
      description:
        "Events and recommendations that share a transaction. Good: it rises with the load, and latency does not.",
      unit: "short",
      queries: { mean: average("feedback_commit_rows"), waiting: "max(feedback_rows_waiting)" },
      width: 6,
    }),
    graph({
      title: "Time of a commit",
      description: "A transaction that writes to the log. Good: p95 below 50 ms.",
      unit: "s",
      queries: {
        p50: quantile(0.5, "feedback_commit_duration_seconds"),
        p95: quantile(0.95, "feedback_commit_duration_seconds"),
      },
      width: 6,
    }),
    graph({
      title: "Time of a learner's batch",
      description: "Up to 500 entries of the log with their transaction. Good: p95 below 1 s.",
      unit: "s",
      queries: { p95: quantile(0.95, "feedback_learn_duration_seconds") },
      width: 6,
    }),
    graph({
      title: "Entries behind the learner",
      description:
        "Entries of the log that were not learned from, and those learned from in a second. Good: near 0 behind.",
      unit: "short",
      queries: {
        behind: "max(feedback_learner_lag_entries)",
        "learned a second": perSecond("feedback_learned_entries_total"),
      },
      width: 6,
    }),
    graph({
      title: "Staleness of what was learned",
      description: "How long the first entry behind the learner has waited. Good: below 5 s.",
      unit: "s",
      queries: { waits: "max(feedback_learner_staleness_seconds)" },
      width: 6,
    }),
    graph({
      title: "Learners",
      description: "Replicas that learn. Good: one.",
      unit: "short",
      queries: { learners: "sum(feedback_learner_active)" },
      width: 6,
    }),
    graph({
      title: "Drift of the priors",
      description:
        "Distance of what new people start with from where it began, by layout of features. Good: it levels off; one that grows on says that people answer otherwise than those the model was made from.",
      unit: "short",
      queries: { "{{layout}}": "max by (layout) (feedback_prior_drift)" },
      width: 6,
    }),
  ],
};

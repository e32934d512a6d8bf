import type { ServiceImpl } from "@connectrpc/connect";
import type { Sql } from "postgres";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import type { Logger } from "../kit/log.ts";
import type { FeedbackConfig } from "./config.ts";
import { createEvaluate } from "./evaluation/handler.ts";
import { keepPolicyMetrics } from "./evaluation/policy-metrics.ts";
import { Learner } from "./learner/learner.ts";
import { LearnerTurn } from "./learner/learner-turn.ts";
import { LearningWatch } from "./learner/learning-watch.ts";
import { keepStatus } from "./learner/status.ts";
import { LogWriter } from "./log/log-writer.ts";
import { addPartitions, keepPartitions } from "./log/retention.ts";
import { createFeedbackService } from "./service.ts";

/** Time between two looks at how far learning is. */
const STATUS_MS = 1000;
/** Time between two looks at the partitions. */
const PARTITIONS_MS = 3_600_000;

export interface StartOptions {
  /** Its schema is up to date. */
  sql: Sql;
  config: Pick<
    FeedbackConfig,
    | "DATABASE_URL"
    | "FEEDBACK_MAX_AHEAD_MS"
    | "FEEDBACK_LEARNER"
    | "FEEDBACK_LEARNER_POLL_MS"
    | "FEEDBACK_WATCH_COMMON_MS"
    | "FEEDBACK_RETENTION_DAYS"
  >;
  metrics: Registry;
  log: Logger;
  /** Ends what runs beside the calls. */
  signal: AbortSignal;
  /** Epoch milliseconds; default: the system's clock. */
  nowMs?: () => number;
}

export interface RunningFeedback {
  service: ServiceImpl<typeof FeedbackService>;
  /** Resolves when what ran beside the calls has ended; rejects with a defect. */
  stopped: Promise<void>;
}

/** Make the service and begin what runs beside its calls: learner, watch, partitions, metrics. */
export async function startFeedback(options: StartOptions): Promise<RunningFeedback> {
  const { sql, config, metrics, log, signal, nowMs = Date.now } = options;
  await addPartitions(sql);
  const watch = new LearningWatch({ sql, log, commonEveryMs: config.FEEDBACK_WATCH_COMMON_MS });
  const writer = new LogWriter({ sql, metrics, nowMs, onEvents: (userIds) => watch.tell(userIds) });
  watch.start();
  const running: Promise<void>[] = [
    keepStatus({ sql, metrics, log, signal, everyMs: STATUS_MS }),
    keepPartitions({ sql, log, signal, days: config.FEEDBACK_RETENTION_DAYS, everyMs: PARTITIONS_MS }),
    keepPolicyMetrics({ sql, metrics, log, signal }),
  ];
  if (config.FEEDBACK_LEARNER === "on") {
    const turn = new LearnerTurn(config.DATABASE_URL);
    const onLearned = learnerMetrics(metrics, turn);
    const learner = new Learner({ sql, turn, log, signal, pollMs: config.FEEDBACK_LEARNER_POLL_MS, onLearned });
    running.push(learner.run().finally(() => turn.end()));
  }
  const maxAheadMs = config.FEEDBACK_MAX_AHEAD_MS;
  return {
    service: {
      ...createFeedbackService({ sql, writer, watch, maxAheadMs, nowMs }),
      evaluate: createEvaluate({ sql, nowMs }),
    },
    stopped: Promise.all(running).then(() => {}),
  };
}

function learnerMetrics(metrics: Registry, turn: LearnerTurn): (entries: number, seconds: number) => void {
  const registers = [metrics];
  const entries = new Counter({
    name: "feedback_learned_entries_total",
    help: "entries of the log that this replica learned from",
    registers,
  });
  const duration = new Histogram({
    name: "feedback_learn_duration_seconds",
    help: "time of a batch of the learner, its transaction included",
    buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  new Gauge({
    name: "feedback_learner_active",
    help: "1 on the replica that learns",
    registers,
    collect() {
      this.set(turn.held ? 1 : 0);
    },
  });
  return (count, seconds) => {
    entries.inc(count);
    duration.observe(seconds);
  };
}

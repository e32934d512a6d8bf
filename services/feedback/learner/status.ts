import type { Sql } from "postgres";
import { Gauge, type Registry } from "prom-client";
import type { Logger } from "../../kit/log.ts";
import { repeat } from "../../kit/repeat.ts";
import { initialCommon } from "../learning/default-priors.ts";
import type { CommonState } from "../learning/state.ts";
import { type Learned, readPosition } from "./learned-store.ts";

/** How far learning is. */
export interface LearnerStatus {
  /** Numbers of the log behind the learner. */
  lag: bigint;
  /** How long the first entry behind the learner has waited, seconds; 0: there is none. */
  staleSeconds: number;
}

export async function readStatus(sql: Sql): Promise<LearnerStatus> {
  const [row] = await sql<{ lag: string; stale: number }[]>`
    select log.last_seq - learner.learned_seq as lag, coalesce(extract(epoch from clock_timestamp() - least(
        (select recorded_at from feedback.event where event_seq > learner.learned_seq order by event_seq limit 1),
        (select recorded_at from feedback.recommendation
          where recommendation_seq > learner.learned_seq order by recommendation_seq limit 1)))::float8, 0) as stale
    from feedback.learner as learner cross join feedback.log_position as log`;
  return { lag: BigInt(row!.lag), staleSeconds: Math.max(0, row!.stale) };
}

/**
 * How far what new people start with has gone from where it began: the Euclidean distance of the means, by layout. One that
 * goes on growing says that people answer in another way than those whom the model was made from.
 */
function driftOf({ priors }: CommonState, started: CommonState = initialCommon()): Map<string, number> {
  const layouts = Object.keys(priors).filter((layout) => Object.hasOwn(started.priors, layout));
  return new Map(
    layouts.map((layout) => {
      const from = started.priors[layout]!.mean;
      const mean = priors[layout]!.mean;
      return [layout, Math.hypot(...Array.from(mean, (value, at) => value - (from[at] ?? 0)))];
    }),
  );
}

export interface StatusOptions {
  sql: Sql;
  metrics: Registry;
  log: Pick<Logger, "warn">;
  /** Ends it. */
  signal: AbortSignal;
  everyMs: number;
}

/** Look at how far learning is until the signal is aborted, on every replica, so that it is seen when nobody learns. */
export function keepStatus({ sql, metrics, log, signal, everyMs }: StatusOptions): Promise<void> {
  const registers = [metrics];
  const lag = new Gauge({
    name: "feedback_learner_lag_entries",
    help: "entries of the log that were not learned from yet",
    registers,
  });
  const stale = new Gauge({
    name: "feedback_learner_staleness_seconds",
    help: "how long the first of them has waited",
    registers,
  });
  const drift = new Gauge({
    name: "feedback_prior_drift",
    help: "distance of what new people start with from where it began, by layout of features",
    labelNames: ["layout"],
    registers,
  });
  let known: Learned | undefined;
  const look = async () => {
    const status = await readStatus(sql);
    lag.set(Number(status.lag));
    stale.set(status.staleSeconds);
    const { learned } = await readPosition(sql, known);
    if (learned !== known) for (const [layout, distance] of driftOf(learned.common)) drift.set({ layout }, distance);
    known = learned;
  };
  const failure = { event: "status_failed", message: "how far learning is is not known" };
  return repeat(look, { everyMs, signal, log, failure });
}

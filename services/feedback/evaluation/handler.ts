import { setImmediate } from "node:timers/promises";
import type { ServiceImpl } from "@connectrpc/connect";
import type { Sql } from "postgres";
import type { FeedbackService } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { databaseErrors } from "../../kit/database.ts";
import { failedPrecondition, invalidArgument } from "../../kit/errors.ts";
import { requireStorable } from "../../kit/storable-text.ts";
import { eventMicros } from "../log/event-time.ts";
import { ESTIMATORS, type EstimatorName } from "./estimators.ts";
import { type Evaluation, evaluatePolicy, TooLittleEvidence } from "./evaluate.ts";
import { readAnswered } from "./read-answers.ts";

export interface EvaluateHandlerOptions {
  sql: Sql;
  /** Epoch milliseconds; default: the system's clock. */
  nowMs?: () => number;
  /** Recommendations that are looked at, the newest; default: 50,000. They are held in memory. */
  mostRecommendations?: number;
}

const DEFAULT_SAMPLES = 1000;
const LEAST_SAMPLES = 100;
const DEFAULT_PLACES = 10;
const MOST_RECOMMENDATIONS = 50_000;

/** Answers FeedbackService.Evaluate from the log in PostgreSQL. */
export function createEvaluate({
  sql,
  nowMs = Date.now,
  mostRecommendations = MOST_RECOMMENDATIONS,
}: EvaluateHandlerOptions): ServiceImpl<typeof FeedbackService>["evaluate"] {
  return async ({ policy, since, bootstrapSamples, seed, places: asked }, { signal }) => {
    requireStorable({ policy });
    if (bootstrapSamples > 0 && bootstrapSamples < LEAST_SAMPLES) {
      throw invalidArgument("bootstrap_samples", `expected ${LEAST_SAMPLES} to 10,000, or 0, got ${bootstrapSamples}`);
    }
    const places = asked || DEFAULT_PLACES;
    const sinceMicros = since && checkedSince(since, nowMs());
    // Other calls are answered in between; who hung up is not worked for.
    const pause = () => setImmediate(undefined, { signal });
    const read = { sinceMicros, limit: mostRecommendations, places, pause };
    const log = await databaseErrors(() => readAnswered(sql, read));
    try {
      const samples = bootstrapSamples || DEFAULT_SAMPLES;
      const options = { policy, estimators: ESTIMATORS, places, bootstrapSamples: samples, seed, pause };
      return message(await evaluatePolicy(log, options));
    } catch (error) {
      throw error instanceof TooLittleEvidence ? failedPrecondition(error.message) : error;
    }
  };
}

function checkedSince(since: Parameters<typeof eventMicros>[0], now: number): bigint {
  try {
    return eventMicros(since, now, 0);
  } catch (error) {
    throw error instanceof RangeError ? invalidArgument("since", error.message) : error;
  }
}

function message(found: Evaluation<EstimatorName>) {
  return {
    estimates: (["ips", "snips", "dr"] as const).map((estimator) => ({ estimator, ...found[estimator] })),
    logged: { estimator: "logged", ...found.logged },
    recommendations: BigInt(found.recommendations),
    effectiveSampleSize: found.effectiveSampleSize,
    largestWeight: found.largestWeight,
    meanWeight: found.meanWeight,
    clipped: found.clipped,
    leftOut: BigInt(found.leftOut),
  };
}

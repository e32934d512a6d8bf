import { Code, ConnectError } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import type { Recommendation, RecordRecommendationsRequest } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { currentCall, outsideOfCalls } from "../kit/context.ts";
import type { Degraded } from "./degraded.ts";
import { SharedSends } from "./shared-sends.ts";
import type { Stages } from "./stages.ts";
import { halfOfTheTimeLeft } from "./time-left.ts";
import { askFeedback, type Upstreams } from "./upstreams.ts";
import { ENTRY, LENGTH_DELIMITED, WireWriter } from "./wire-writer.ts";

/** A list as it is shown. */
export interface Shown extends Omit<Recommendation, "$typeName" | "$unknown" | "createdAt" | "degraded" | "items"> {
  /** Recommendation.items on the wire: the bytes of a Recommendation that has nothing else. */
  items: Uint8Array;
}

/**
 * Tells Feedback what is shown, and what it had to do without so far; resolves when Feedback has committed it, so that
 * answers to it can be learned from. If Feedback is away, "recommendation_log" is what the answer does without.
 */
export type RecommendationLog = (shown: Shown, degraded: Degraded) => Promise<void>;

export interface RecommendationLogOptions {
  feedback: Pick<Upstreams["feedback"], "recordRecommendations">;
  stages: Stages;
  /** How long a list waits until Feedback has it, in milliseconds. */
  timeoutMs: number;
}

/** A list waits no longer than this for others, milliseconds: Feedback, too, writes together what comes meanwhile. */
const MOST_WAIT_MS = 10;
/** Lists of one call: some 25 KB each. */
const MOST_AT_ONCE = 64;
/** Number of the field RecordRecommendationsRequest.recommendations. */
const RECOMMENDATIONS = 1;
/** The length of a field that is known by its number comes without it. */
const TAG_BYTES = 1;

/** Numbers of the fields of Recommendation. */
const FIELD = {
  ...{ id: 1, userId: 2, kind: 3, queryItemId: 4, policy: 5, weights: 6, layout: 7, degraded: 9 },
  expectedFeatures: 11,
} as const;
const TEXTS = ["id", "userId", "kind", "queryItemId", "policy", "layout"] as const;

const writer = new WireWriter();

/**
 * Lists of many calls go to Feedback together, because a call to another service costs as much as the list itself. Each
 * keeps its own deadline, and its own failure.
 */
export function createRecommendationLog({ feedback, stages, timeoutMs }: RecommendationLogOptions): RecommendationLog {
  const sends = new SharedSends<Uint8Array>({
    mostWaitMs: MOST_WAIT_MS,
    mostAtOnce: MOST_AT_ONCE,
    // What belongs to many calls must not end with one of them, nor speak in the name of its user.
    send: (recommendations, withinMs) =>
      outsideOfCalls(async () => {
        const call = () => feedback.recordRecommendations(requestOf(recommendations), { timeoutMs: withinMs });
        const { recorded } = await askFeedback(call);
        return recorded.map(({ code, message }) => (code === "" ? undefined : refusal(code, message)));
      }),
  });
  return (shown, degraded) => {
    const encoded = encode(shown, degraded.parts);
    const ownMs = Math.min(timeoutMs, halfOfTheTimeLeft());
    const send = () => sends.add(encoded, ownMs, currentCall()?.signal);
    return degraded.orWithout("recommendation_log", () => stages.time("record", send), undefined);
  };
}

/** The Recommendation on the wire, its length before it. */
function encode(shown: Shown, degraded: readonly string[]): Uint8Array {
  const field = writer.begin(RECOMMENDATIONS);
  writeRecommendation(shown, degraded);
  writer.end(field);
  return writer.finish().subarray(TAG_BYTES);
}

function writeRecommendation(shown: Shown, degraded: readonly string[]): void {
  for (const name of TEXTS) writer.string(FIELD[name], shown[name]);
  for (const [model, weight] of Object.entries(shown.weights)) {
    const entry = writer.begin(FIELD.weights);
    writer.string(ENTRY.key, model);
    writer.float(ENTRY.value, weight);
    writer.end(entry);
  }
  writer.raw(shown.items);
  for (const part of degraded) writer.string(FIELD.degraded, part);
  for (const [policy, features] of Object.entries(shown.expectedFeatures)) {
    const entry = writer.begin(FIELD.expectedFeatures);
    writer.string(ENTRY.key, policy);
    writer.bytes(ENTRY.value, features);
    writer.end(entry);
  }
}

/** What is encoded goes as fields that the schema does not know: they are sent as they are, and Feedback reads them by their number. */
function requestOf(recommendations: readonly Uint8Array[]): RecordRecommendationsRequest {
  return {
    $typeName: "flashfit.feedback.v1.RecordRecommendationsRequest",
    recommendations: [],
    $unknown: recommendations.map((data) => ({ no: RECOMMENDATIONS, wireType: LENGTH_DELIMITED, data })),
  };
}

/** @param code Connect's name of it */
function refusal(code: string, message: string): ConnectError {
  return new ConnectError(`feedback: ${message}`, codeFromString(code) ?? Code.Unknown);
}

import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type Recommendation,
  RecommendationSchema,
  type RecordRecommendationsResponseSchema,
} from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { validate } from "../../kit/validation.ts";
import type { LogWriter } from "./log-writer.ts";
import type { SentRecommendation } from "./recommendation.ts";
import { refusalOfOne } from "./refusal.ts";

/**
 * One answer a recommendation, in their order, after the commit. A refusal of one is its answer; any other error is that of
 * the call: what of it was written already is written, and sent again it is the same.
 *
 * @param parse of one that keeps the rules of the proto
 */
export async function recordRecommendations(
  recommendations: readonly Recommendation[],
  writer: Pick<LogWriter, "recordRecommendation">,
  parse: (recommendation: Recommendation) => SentRecommendation,
): Promise<MessageInitShape<typeof RecordRecommendationsResponseSchema>> {
  const record = async (recommendation: Recommendation, at: number) => {
    try {
      validate(RecommendationSchema, recommendation, `recommendations[${at}]`);
      return { existed: await writer.recordRecommendation(parse(recommendation)) };
    } catch (error) {
      return refusalOfOne(error);
    }
  };
  return { recorded: await Promise.all(recommendations.map(record)) };
}

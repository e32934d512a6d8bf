import type { Sql } from "postgres";
import type { RecommendResponse } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { databaseErrors } from "../kit/database.ts";

/** A recommendation as it was shown, and for whom. */
export interface ShownRecommendation {
  /** Empty: nobody in particular. */
  userId: string;
  kind: "photo" | "text" | "item";
  /** The garment asked for. */
  itemId: string | undefined;
  response: Pick<RecommendResponse, "recommendationId" | "policy" | "weights" | "degraded" | "items">;
}

export type RecommendationLog = (shown: ShownRecommendation) => Promise<void>;

/** Writes recommendations as shown, so that feedback about them can be understood later. Errors: UNAVAILABLE. */
export function createRecommendationLog(sql: Sql): RecommendationLog {
  return async ({ userId, kind, itemId, response }) => {
    const items = response.items.map(({ id, score, scores }) => ({ id, score, scores }));
    await databaseErrors(
      async () =>
        await sql`
        insert into fusion.recommendations (id, user_id, query_kind, query_item_id, policy, weights, items, degraded)
        values (${response.recommendationId}, ${userId}, ${kind}, ${itemId ?? null}, ${response.policy},
          ${sql.json(response.weights)}, ${sql.json(items)}, ${response.degraded})`,
    );
  };
}

import { Action } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";

const STRENGTHS: ReadonlyMap<Action, number> = new Map([
  [Action.LIKE, 1],
  [Action.WEAR, 1],
  [Action.PURCHASE, 1],
  [Action.WEAR_OUTFIT, 1],
  [Action.SAVE, 0.8],
  [Action.SKIP, -0.5],
  [Action.DISLIKE, -1],
]);

/** Of ratings 1 to 5. */
const RATINGS = [-1, -0.6, 0, 0.6, 1];

/**
 * How strong an answer is, −1 (a firm no) to 1; 0 says neither: a rating of 3, a correction, an action of a later version.
 * A skip is half a no, because people skip for many reasons.
 */
export function strengthOf({ action, rating }: { action: Action; rating: number }): number {
  if (action === Action.RATE) return RATINGS[rating - 1] ?? 0;
  return STRENGTHS.get(action) ?? 0;
}

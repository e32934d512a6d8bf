import { Action } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";

/** What evaluation reads of an event. */
export interface Answer {
  action: Action;
  /** 1 to 5 with ACTION_RATE. */
  rating: number;
}

/**
 * What each action says of the item that was shown, −1 to 1. Wearing or buying is what recommending is for; a like or a
 * save is half of it; a skip may only mean "not today". A correction says nothing of the recommendation.
 */
const REWARDS: Readonly<Partial<Record<Action, number>>> = {
  [Action.PURCHASE]: 1,
  [Action.WEAR]: 1,
  [Action.WEAR_OUTFIT]: 1,
  [Action.SAVE]: 0.5,
  [Action.LIKE]: 0.5,
  [Action.SKIP]: -0.25,
  [Action.DISLIKE]: -0.5,
};

/** Of one event: the table above; a rating of 1 to 5 is −1, −0.5, 0, 0.5, 1. */
export function rewardOfAnswer({ action, rating }: Answer): number {
  if (action === Action.RATE) return rating === 0 ? 0 : (rating - 3) / 2;
  return REWARDS[action] ?? 0;
}

/**
 * Of all answers to one shown item: the best positive one plus the worst negative one. Saying a thing twice earns nothing
 * more, and the order of the events does not matter, so that late ones and repeated ones do no harm. No answer earns 0.
 */
export function rewardOfItem(answers: readonly Answer[]): number {
  const rewards = answers.map(rewardOfAnswer);
  return Math.max(0, ...rewards) + Math.min(0, ...rewards);
}

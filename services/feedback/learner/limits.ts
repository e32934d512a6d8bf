/** Entries of a person behind the learner that are folded in for one answer, at most. */
export const LEARNED_LATELY = 1000;

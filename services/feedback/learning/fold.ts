import type { Event, Recommendation } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import type { CommonState, ItemCount, PersonState, Priors } from "./state.ts";

/** What learning reads of an event. */
export type LearnedEvent = Pick<Event, "userId" | "itemId" | "action" | "recommendationId" | "rating">;

/** What learning reads of a recommendation. */
export type LearnedRecommendation = Pick<Recommendation, "id" | "userId" | "policy" | "layout"> & {
  items: readonly Pick<Recommendation["items"][number], "itemId" | "features" | "category" | "colour">[];
};

/** One entry of the log, in the order of `seq`. Numbers may be missing (people were erased), but never go back. */
export type LogEntry =
  | { kind: "event"; seq: bigint; event: LearnedEvent }
  | { kind: "recommendation"; seq: bigint; recommendation: LearnedRecommendation }
  /** The person wants a fresh start. */
  | { kind: "reset"; seq: bigint; userId: string }
  /** The person is gone. */
  | { kind: "erasure"; seq: bigint; userId: string }
  /**
   * From here on new people start with these. It is written by the learner (see `Folded.publish`) and names nobody, so it
   * stays when people are erased: that is why a replay without them gives everybody else bit for bit the same state.
   */
  | { kind: "prior"; seq: bigint; priors: Priors };

export interface Folded {
  /** The person of the entry afterwards; undefined: nothing is kept of them. The same object as before: unchanged. */
  person: PersonState | undefined;
  /** The same object as before: unchanged. */
  common: CommonState;
  /** What the entry added to the counts of items. */
  itemCounts: ItemCount[];
  /**
   * It is time for a new prior. The learner appends it to the log as a `prior` entry, in the transaction that stores the
   * state, unless there is a later entry of that kind already (then this is a replay). Left out, nothing breaks: the next
   * entry that teaches says it again.
   */
  publish?: Priors;
}

/**
 * Learns one entry of the log. Pure and deterministic to the bit on every engine.
 *
 * @param person of the entry; undefined: nothing is known of them yet. With a recommendation or a prior it is not used.
 * @param shown the recommendation that an event names, if it is in the log before the event and was shown to the same
 *   person; undefined otherwise.
 */
export type Fold = (
  entry: LogEntry,
  person: PersonState | undefined,
  common: CommonState,
  shown: LearnedRecommendation | undefined,
) => Folded;

import type { Event, Recommendation } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { floatsFromBytes } from "../../kit/vector.ts";
import { answerItem, answerRecommendation, answersTo, answerTally } from "./answered-items.ts";
import { strengthOf } from "./answers.ts";
import { fromPrior, learn } from "./belief.ts";
import { comparisonsOf } from "./comparisons.ts";
import { passOver } from "./passed-items.ts";
import { teach, toPublish } from "./reptile.ts";
import type { CommonState, ItemCount, PersonState, PolicyCount, Priors } from "./state.ts";

/** What learning reads of an event. */
export type LearnedEvent = Pick<Event, "userId" | "itemId" | "action" | "recommendationId" | "rating"> & {
  /** When the person did it, microseconds since 1970; left out: as 0. */
  occurredAtMicros?: bigint;
};

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
  /**
   * From here on new people start with these. It is written by the learner (see `Folded.publish`) and names nobody, so it
   * stays when people are erased: that is why a replay without them gives everybody else bit for bit the same state.
   */
  | { kind: "prior"; seq: bigint; priors: Priors };

export interface Folded {
  /** The person of the entry afterwards; undefined: nothing is known of them. The same object as before: unchanged. */
  person: PersonState | undefined;
  /** `seq` has moved in any case. */
  common: CommonState;
  /** What the entry added to the counts of items. */
  itemCounts: ItemCount[];
  /**
   * It is time for a new prior. The learner appends it to the log as a `prior` entry, in the transaction that stores the
   * state, unless there is a later entry of that kind already (then this is a replay). Left out, nothing breaks: the next
   * lesson says it again.
   */
  publish?: Priors;
}

/**
 * Learns one entry of the log. Pure and deterministic to the bit on every engine.
 *
 * @param person of the entry; undefined: nothing is known of them yet. With a recommendation or a prior it is not used.
 * @param shown the recommendation that an event names, if it is in the log before the event; undefined otherwise. One that
 *   was shown to somebody else teaches nothing.
 */
export function fold(
  entry: LogEntry,
  person: PersonState | undefined,
  before: CommonState,
  shown: LearnedRecommendation | undefined,
): Folded {
  const common = { ...before, seq: entry.seq };
  switch (entry.kind) {
    case "event":
      return foldEvent(entry.event, person ?? NOBODY, common, shown);
    case "recommendation":
      return { person, ...foldRecommendation(entry.recommendation, common) };
    case "reset":
      return {
        person: { ...NOBODY, version: (person?.version ?? 0) + 1, learnedSeq: entry.seq },
        common,
        itemCounts: [],
      };
    case "prior":
      return { person, common: { ...common, priors: entry.priors, moving: {}, lessons: 0 }, itemCounts: [] };
  }
}

/** Somebody of whom nothing is known. */
export const NOBODY: PersonState = {
  eventCount: 0,
  version: 0,
  learnedSeq: 0n,
  beliefs: {},
  items: [],
  categories: {},
  colours: {},
  recommendations: [],
};

function foldEvent(
  event: LearnedEvent,
  person: PersonState,
  common: CommonState,
  shown: LearnedRecommendation | undefined,
): Folded {
  const strength = strengthOf(event);
  const eventCount = person.eventCount + 1;
  const counted = { ...person, eventCount, version: person.version + 1, learnedSeq: common.seq };
  if (strength === 0) return { person: counted, common, itemCounts: [] };
  const at = Number(event.occurredAtMicros ?? 0n);
  const items = answerItem(person.items, { itemId: event.itemId, strength, ordinal: eventCount, at });
  const answer = strength > 0 ? 1 : -1;
  const itemCounts = [{ itemId: event.itemId, shown: 0, positive: answer > 0 ? 1 : 0, negative: answer > 0 ? 0 : 1 }];
  const place = shown?.userId === event.userId ? shown.items.findIndex(({ itemId }) => itemId === event.itemId) : -1;
  const item = shown?.items[place];
  const list = item === undefined ? undefined : shown;
  const passed = passOver(person.passed ?? [], { list, ordinal: eventCount, items });
  if (shown === undefined || item === undefined) return { person: { ...counted, items, passed }, common, itemCounts };

  const learned: PersonState = {
    ...counted,
    items,
    passed,
    beliefs: learnBelief(person, common, shown, place, strength),
    categories: answerTally(person.categories, item.category, strength),
    colours: answerTally(person.colours, item.colour, strength),
    recommendations: answerRecommendation(person.recommendations, shown.id, event.itemId, answer),
  };
  const policies = addToPolicy(common, shown.policy, {
    recommendations: 0,
    positive: answer > 0 ? 1 : 0,
    negative: answer > 0 ? 0 : 1,
  });
  const taught = teach({ ...common, policies }, learned);
  const publish = taught.lessons > common.lessons ? toPublish(taught) : undefined;
  return { person: learned, common: taught, itemCounts, ...(publish ? { publish } : {}) };
}

/** The person's beliefs with what this answer says of the features that were shown. */
function learnBelief(
  person: PersonState,
  common: CommonState,
  shown: LearnedRecommendation,
  place: number,
  strength: number,
): PersonState["beliefs"] {
  const { layout } = shown;
  const prior = Object.hasOwn(common.priors, layout) ? common.priors[layout] : undefined;
  if (prior === undefined) return person.beliefs;
  const d = prior.mean.length;
  // Features of another length are of another version of the layout: nothing can be learned from them.
  if (shown.items.some(({ features }) => features.byteLength !== d * Float32Array.BYTES_PER_ELEMENT))
    return person.beliefs;
  const features = shown.items.map((item) => floatsFromBytes(item.features));
  const before = Object.hasOwn(person.beliefs, layout) ? person.beliefs[layout]! : fromPrior(prior);
  if (before.mean.length !== d) return person.beliefs;
  const known = answersTo(person.recommendations, shown.id);
  const answers = shown.items.map(({ itemId }) => (Object.hasOwn(known, itemId) ? known[itemId] : undefined));
  const comparisons = comparisonsOf({ features, answers }, place, strength);
  return comparisons.length === 0 ? person.beliefs : { ...person.beliefs, [layout]: learn(before, comparisons) };
}

function foldRecommendation({ policy, items }: LearnedRecommendation, common: CommonState) {
  return {
    common: { ...common, policies: addToPolicy(common, policy, { recommendations: 1, positive: 0, negative: 0 }) },
    itemCounts: items.map(({ itemId }) => ({ itemId, shown: 1, positive: 0, negative: 0 })),
  };
}

function addToPolicy({ policies }: CommonState, name: string, more: PolicyCount): CommonState["policies"] {
  const before = Object.hasOwn(policies, name) ? policies[name]! : { recommendations: 0, positive: 0, negative: 0 };
  const after = {
    recommendations: before.recommendations + more.recommendations,
    positive: before.positive + more.positive,
    negative: before.negative + more.negative,
  };
  return { ...policies, [name]: after };
}

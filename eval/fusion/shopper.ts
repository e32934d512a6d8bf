import { create } from "@bufbuild/protobuf";
import {
  Action,
  CommonLearningSchema,
  ProfileSchema,
  RecommendationSchema,
} from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { fold, type LearnedRecommendation } from "../../services/feedback/learning/fold.ts";
import { commonLearningOf, profileOf } from "../../services/feedback/learning/profile.ts";
import type { CommonState, ItemCount, PersonState } from "../../services/feedback/learning/state.ts";
import { commonOf, personOf } from "../../services/fusion/ranking/messages.ts";
import { rank } from "../../services/fusion/ranking/rank.ts";
import { MODELS, type PolicyName, type RankCommon, type RankOutput } from "../../services/fusion/ranking/rank-types.ts";
import { tasteVectors } from "../../services/fusion/ranking/taste-vectors.ts";
import { bytesFromFloats } from "../../services/kit/vector.ts";
import type { SeenWorld } from "../seen-world.ts";
import { type Answer, answersTo } from "./answers.ts";
import type { Person } from "./people.ts";
import type { Query } from "./queries.ts";

/** How many garments are shown. */
export const SHOWN = 10;

/** What the mesh knows of everybody, as Fusion gets it from Feedback. */
export function commonFor(
  state: CommonState,
  convex: Readonly<Record<string, number>>,
  popularity: ReadonlyMap<string, number>,
): RankCommon {
  const message = commonLearningOf(state, popularity);
  const policies = [...message.policies.filter(({ name }) => name !== "convex"), { name: "convex", weights: convex }];
  return commonOf(create(CommonLearningSchema, { ...message, policies }));
}

/** One person and what the mesh has learned of them: the services' own code, without the wire between. */
export class Shopper {
  state: PersonState | undefined;
  events = 0;
  readonly counts: ItemCount[] = [];
  readonly #world: SeenWorld;
  readonly #common: CommonState;
  readonly #ranked: RankCommon;
  #seq = 0n;
  #lists = 0;

  constructor(world: SeenWorld, common: CommonState, ranked: RankCommon, state?: PersonState) {
    this.state = state;
    this.#world = world;
    this.#common = common;
    this.#ranked = ranked;
  }

  /** What the mesh shows now. */
  recommend(query: Query, policy: PolicyName, random: () => number, diversity = 0, k = SHOWN): RankOutput {
    const { candidates, context } = query;
    return rank({
      candidates,
      context,
      models: MODELS,
      ...this.#known(),
      common: this.#ranked,
      policy,
      k,
      diversity,
      random,
    });
  }

  /** The profile and the taste vectors, made anew when something was learned. */
  #cache: ReturnType<Shopper["known"]> | undefined;
  #known() {
    this.#cache ??= this.known();
    return this.#cache;
  }
  known() {
    const profile = create(ProfileSchema, profileOf(this.state, this.#common));
    const tasted = profile.itemWeights.map(({ itemId, weight }) => {
      const item = this.#world.catalogue[Number(itemId.slice("item-".length))]!;
      return { weight, vectors: new Map(MODELS.map((name, m) => [name, item.vectors[m]!])) };
    });
    return { person: personOf(profile, this.#ranked), taste: tasteVectors(tasted) };
  }

  /**
   * The person looks at a list and answers; after each answer the mesh has learned from it and `answered` is told.
   * @returns the answers, in their order.
   */
  answer(person: Person, query: Query, output: RankOutput, answered: (event: number) => void): Answer[] {
    const shown = create(RecommendationSchema, {
      id: `list-${this.#lists++}`,
      userId: "somebody",
      policy: output.policy,
      layout: output.layout,
      items: output.items.map(({ id }, place) => {
        const { category, colour } = query.candidates.find((candidate) => candidate.id === id)!;
        const width = output.features.length / output.items.length;
        const features = bytesFromFloats(output.features.subarray(place * width, (place + 1) * width));
        return { itemId: id, features, category, colour };
      }),
    });
    this.#learn({ kind: "recommendation", seq: ++this.#seq, recommendation: shown }, undefined);
    const answers: Answer[] = [];
    const ids = shown.items.map(({ itemId }) => itemId);
    for (const { itemId, yes } of answersTo(person, query, ids)) {
      answers.push({ itemId, yes });
      const action = yes ? Action.LIKE : Action.DISLIKE;
      const event = { userId: "somebody", itemId, action, recommendationId: shown.id, rating: 0 };
      this.#learn({ kind: "event", seq: ++this.#seq, event }, shown);
      answered(++this.events);
    }
    return answers;
  }

  #learn(entry: Parameters<typeof fold>[0], shown: LearnedRecommendation | undefined) {
    const { person, itemCounts } = fold(entry, this.state, this.#common, shown);
    this.state = person;
    this.#cache = undefined;
    this.counts.push(...itemCounts);
  }
}

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Sql } from "postgres";
import type { ProfileSchema } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { Folding, namedRecommendations } from "../learner/folding.ts";
import { type Learned, readLearned } from "../learner/learned-store.ts";
import { LOGGED } from "../learner/learner.ts";
import { PERSON_CHANGED } from "../learner/learning-watch.ts";
import { profileOf } from "../learning/profile.ts";
import { readPersonEntries, readShown } from "../log/read-log.ts";
import { policyOf } from "../policies/rollout-store.ts";

/** Entries of a person behind the learner that are folded in for one answer, at most. */
const LEARNED_LATELY = 1000;

type ProfileMessage = MessageInitShape<typeof ProfileSchema>;

/**
 * Profiles as callers get them: what the learner stored, and what the person did since, folded in for this answer. So a
 * person sees at once what they did, however far behind the learner is.
 */
export class Profiles {
  readonly #sql: Sql;
  #known: Learned | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async read(userId: string): Promise<ProfileMessage> {
    const sql = this.#sql;
    const [{ learned, person, endSeq }, policy] = await Promise.all([
      readLearned(sql, userId, this.#known),
      policyOf(sql, userId),
    ]);
    this.#known = learned;
    if (endSeq === learned.seq) return { userId, policy, ...profileOf(person, learned.common) };
    const entries = await readPersonEntries(sql, userId, learned.seq, LEARNED_LATELY);
    const folding = new Folding(learned.common, [[userId, person]]);
    const shown = await readShown(sql, namedRecommendations(entries));
    for (const entry of entries) folding.add(entry, shown);
    return { userId, policy, ...profileOf(folding.people.get(userId), learned.common) };
  }
}

/** Write a fresh start of a person to the log; what they did before counts for nothing from then on. */
export async function resetProfile(sql: Sql, userId: string): Promise<void> {
  await sql`
    with next as (
      update feedback.log_position set last_seq = last_seq + 1 returning last_seq
    ), told as (select pg_notify(${LOGGED}, ''), pg_notify(${PERSON_CHANGED}, ${userId}) from next)
    insert into feedback.reset (reset_seq, user_id, recorded_at)
    select next.last_seq, ${userId}, clock_timestamp() from next, told`;
}

import type { Sql, TransactionSql } from "postgres";
import { decodeCommon, decodePerson, encodeCommon, encodePerson, encodePriors } from "../learning/codec.ts";
import { initialCommon } from "../learning/default-priors.ts";
import type { CommonState, PersonState } from "../learning/state.ts";
import type { Queries } from "../log/list-events.ts";
import type { Folding } from "./folding.ts";

/** Channel of NOTIFY: something was learned, or people are shared out anew. */
export const LEARNED = "feedback_learned";

/** What is believed of everybody, as of an entry of the log. */
export interface Learned {
  seq: bigint;
  common: CommonState;
}

/**
 * What was learned so far, locked until the transaction ends: nobody learns or is erased meanwhile. `known` is not read
 * again if it is still that.
 */
export async function lockLearned(tx: TransactionSql, known: Learned | undefined): Promise<Learned> {
  const knownSeq = known ? String(known.seq) : "-1";
  const [row] = await tx<{ learned_seq: string; common: Uint8Array | null }[]>`
    select learned_seq, case when learned_seq <> ${knownSeq}::bigint then common end as common
    from feedback.learner for update`;
  const seq = BigInt(row!.learned_seq);
  if (known && known.seq === seq) return known;
  return { seq, common: row!.common ? decodeCommon(row!.common) : initialCommon() };
}

export async function readPeople(sql: Queries, userIds: readonly string[]): Promise<Map<string, PersonState>> {
  if (userIds.length === 0) return new Map();
  const rows = await sql<{ user_id: string; state: Uint8Array }[]>`
    select user_id, state from feedback.profile where user_id = any(${[...userIds]}::text[])`;
  return new Map(rows.map(({ user_id, state }) => [user_id, decodePerson(state)]));
}

/** Store what entries up to `seq` made, and tell those who listen. */
export async function storeLearned(tx: TransactionSql, folding: Folding, seq: bigint): Promise<void> {
  const { people, changed, itemCounts, common } = folding;
  const kept: [string, PersonState][] = [];
  const gone: string[] = [];
  for (const userId of changed) {
    const person = people.get(userId);
    if (person) kept.push([userId, person]);
    else gone.push(userId);
  }
  const counts = [...itemCounts.values()];
  await Promise.all([
    kept.length > 0 &&
      tx`insert into feedback.profile (user_id, state, learned_seq)
        select user_id, decode(state, 'hex'), ${String(seq)}::bigint
        from unnest(${kept.map(([userId]) => userId)}::text[], ${kept.map(([, person]) => hex(encodePerson(person)))}::text[])
          as changed (user_id, state)
        on conflict (user_id) do update set state = excluded.state, learned_seq = excluded.learned_seq`,
    gone.length > 0 && tx`delete from feedback.profile where user_id = any(${gone}::text[])`,
    counts.length > 0 &&
      tx`insert into feedback.item_count as kept (item_id, shown, positive, negative)
        select * from unnest(${counts.map(({ itemId }) => itemId)}::text[], ${counts.map(({ shown }) => shown)}::bigint[],
          ${counts.map(({ positive }) => positive)}::bigint[], ${counts.map(({ negative }) => negative)}::bigint[])
        on conflict (item_id) do update set shown = kept.shown + excluded.shown,
          positive = kept.positive + excluded.positive, negative = kept.negative + excluded.negative`,
    tx`update feedback.learner set learned_seq = ${String(seq)}, common = decode(${hex(encodeCommon(common))}, 'hex'),
      learned_at = now()`,
    tx`select pg_notify(${LEARNED}, '')`,
    publish(tx, folding),
  ]);
}

/** Put the prior into the log, for everybody and every replay; not if a later one stands there already. */
async function publish(tx: TransactionSql, { publish }: Folding): Promise<void> {
  if (!publish) return;
  await tx`
    with next as (
      update feedback.log_position set last_seq = last_seq + 1
      where not exists (select from feedback.prior where prior_seq > ${String(publish.afterSeq)})
      returning last_seq
    ), told as (select pg_notify('feedback_log', '') from next)
    insert into feedback.prior (prior_seq, priors, recorded_at)
    select next.last_seq, decode(${hex(encodePriors(publish.priors))}, 'hex'), clock_timestamp() from next, told`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** A person and everybody as of one moment, and where the log ends. */
export interface LearnedPerson {
  learned: Learned;
  person: PersonState | undefined;
  /** The end of the log. */
  endSeq: bigint;
}

/** `known` is not read again if it is still that. */
export async function readLearned(sql: Sql, userId: string, known: Learned | undefined): Promise<LearnedPerson> {
  const knownSeq = known ? String(known.seq) : "-1";
  const [row] = await sql<
    { learned_seq: string; common: Uint8Array | null; state: Uint8Array | null; last_seq: string }[]
  >`
    select learner.learned_seq, profile.state, log.last_seq,
      case when learner.learned_seq <> ${knownSeq}::bigint then learner.common end as common
    from feedback.learner as learner cross join feedback.log_position as log
      left join feedback.profile as profile on profile.user_id = ${userId}`;
  const { learned_seq, common, state, last_seq } = row!;
  const seq = BigInt(learned_seq);
  const learned = known?.seq === seq ? known : { seq, common: common ? decodeCommon(common) : initialCommon() };
  return { learned, person: state ? decodePerson(state) : undefined, endSeq: BigInt(last_seq) };
}

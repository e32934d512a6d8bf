import type { Sql } from "postgres";
import { decodeCommon, decodePerson, encodeCommon, encodePerson, encodePriors } from "../learning/codec.ts";
import { initialCommon } from "../learning/default-priors.ts";
import type { CommonState, PersonState } from "../learning/state.ts";
import type { Folding } from "./folding.ts";

/** Channel of NOTIFY: something was learned, or people are shared out anew. */
export const LEARNED = "feedback_learned";

/** What is believed of everybody, as of an entry of the log. */
export interface Learned {
  seq: bigint;
  common: CommonState;
}

/** Where the learner stands, and where the log ends. `known` is not read again if it is still that. */
export async function readPosition(
  sql: Sql,
  known: Learned | undefined,
): Promise<{ learned: Learned; erasures: bigint; endSeq: bigint }> {
  const knownSeq = known ? String(known.seq) : "-1";
  const [row] = await sql<{ learned_seq: string; common: Uint8Array | null; erasures: string; last_seq: string }[]>`
    select learned_seq, erasures, last_seq, case when learned_seq <> ${knownSeq}::bigint then common end as common
    from feedback.learner cross join feedback.log_position`;
  const { learned_seq, common, erasures, last_seq } = row!;
  return {
    learned: learnedOf(BigInt(learned_seq), common, known),
    erasures: BigInt(erasures),
    endSeq: BigInt(last_seq),
  };
}

function learnedOf(seq: bigint, common: Uint8Array | null, known: Learned | undefined): Learned {
  if (known?.seq === seq) return known;
  return { seq, common: common ? decodeCommon(common) : initialCommon() };
}

export async function readPeople(sql: Sql, userIds: readonly string[]): Promise<Map<string, PersonState>> {
  if (userIds.length === 0) return new Map();
  const rows = await sql<{ user_id: string; state: Uint8Array }[]>`
    select user_id, state from feedback.profile where user_id = any(${[...userIds]}::text[])`;
  return new Map(rows.map(({ user_id, state }) => [user_id, decodePerson(state)]));
}

/**
 * Store what the entries behind `before` up to `seq` made, and tell those who listen; false: somebody else learned, or was
 * erased meanwhile, and nothing was stored.
 */
export async function storeLearned(
  sql: Sql,
  before: { learned: Learned; erasures: bigint },
  folding: Folding,
  seq: bigint,
): Promise<boolean> {
  const { people, changed, itemCounts, common, publish } = folding;
  const userIds = [...changed];
  const states = userIds.map((userId) => hex(encodePerson(people.get(userId)!)));
  const counts = [...itemCounts.values()];
  const [row] = await sql<{ stored: boolean }[]>`
    select feedback.store_learned(
      ${String(before.learned.seq)}, ${String(before.erasures)}, ${String(seq)}, ${hex(encodeCommon(common))},
      ${userIds}::text[], ${states}::text[], ${counts.map(({ itemId }) => itemId)}::text[],
      ${counts.map(({ shown }) => shown)}::bigint[], ${counts.map(({ positive }) => positive)}::bigint[],
      ${counts.map(({ negative }) => negative)}::bigint[],
      ${publish ? hex(encodePriors(publish.priors)) : null}, ${publish ? String(publish.afterSeq) : null}) as stored`;
  return row!.stored;
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
  return {
    learned: learnedOf(seq, common, known),
    person: state ? decodePerson(state) : undefined,
    endSeq: BigInt(last_seq),
  };
}

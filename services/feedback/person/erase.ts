import type { Sql } from "postgres";
import { PERSON_ERASED } from "../learner/learning-watch.ts";

/**
 * Remove everything that is kept of a person, in one transaction. Their numbers in the log stay unused. What the learner is
 * folding meanwhile it folds again, without them. Those who watch are told.
 *
 * @returns rows that were removed, by table
 */
export async function erasePerson(sql: Sql, userId: string): Promise<Record<string, bigint>> {
  const rows = await sql<{ name: string; removed: string }[]>`
    with told as (select pg_notify(${PERSON_ERASED}, ${userId}))
    select name, removed from feedback.erase_person(${userId}) cross join told`;
  return Object.fromEntries(rows.map(({ name, removed }) => [name, BigInt(removed)]));
}

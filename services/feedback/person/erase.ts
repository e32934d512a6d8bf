import type { Sql } from "postgres";
import { PERSON_CHANGED } from "../learner/learning-watch.ts";

/**
 * Remove everything that is kept of a person, in one transaction. Their numbers in the log stay unused. The learner and
 * this wait for each other: what it learned before is gone with the rest, and it finds nothing afterwards.
 *
 * @returns rows that were removed, by table
 */
export async function erasePerson(sql: Sql, userId: string): Promise<Record<string, bigint>> {
  return sql.begin(async (tx) => {
    await tx`select from feedback.learner for update`;
    const [row] = await tx<Record<string, string>[]>`
      with events as (
        delete from feedback.event where user_id = ${userId} returning event_id
      ), event_keys as (
        delete from feedback.event_key using events where event_key.event_id = events.event_id returning 1
      ), recommendations as (
        delete from feedback.recommendation where user_id = ${userId} returning recommendation_id
      ), recommendation_keys as (
        delete from feedback.recommendation_key using recommendations
        where recommendation_key.recommendation_id = recommendations.recommendation_id returning 1
      ), resets as (
        delete from feedback.reset where user_id = ${userId} returning 1
      ), profiles as (
        delete from feedback.profile where user_id = ${userId} returning 1
      )
      select (select count(*) from events) as event, (select count(*) from event_keys) as event_key,
        (select count(*) from recommendations) as recommendation,
        (select count(*) from recommendation_keys) as recommendation_key,
        (select count(*) from resets) as reset, (select count(*) from profiles) as profile,
        pg_notify(${PERSON_CHANGED}, ${userId}) as told`;
    const { told: _, ...removed } = row!;
    return Object.fromEntries(Object.entries(removed).map(([table, count]) => [table, BigInt(count)]));
  });
}

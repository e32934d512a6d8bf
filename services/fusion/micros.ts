import type { Fragment, Sql } from "postgres";
import type { PageEnd } from "./page-token.ts";

/** A column's time in whole microseconds since 1970, as text: no rounding makes two of one time, or one of two. */
export function micros(sql: Sql, column: string): Fragment {
  return sql`(extract(epoch from ${sql(column)}) * 1000000)::int8::text`;
}

/**
 * A further condition on rows newest first: those behind the end of a page; undefined: all.
 * @param table has the columns created_at and id
 */
export function behind(sql: Sql, table: string, end: PageEnd | undefined): Fragment {
  if (end === undefined) return sql``;
  return sql`and (${sql(`${table}.created_at`)}, ${sql(`${table}.id`)})
    < (timestamptz 'epoch' + ${String(end.createdAtMicros)}::int8 * interval '1 microsecond', ${end.id}::uuid)`;
}

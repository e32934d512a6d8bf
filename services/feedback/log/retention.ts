import type { Sql } from "postgres";
import type { Logger } from "../../kit/log.ts";
import { repeat } from "../../kit/repeat.ts";

/** Months for which there are partitions, this one included. */
const MONTHS_AHEAD = 4;
/** Ids that are forgotten in one transaction. */
const AT_ONCE = 5000;

/** Make the partitions of this month and the next ones, as far as they are missing. @returns how many were made */
export async function addPartitions(sql: Sql): Promise<number> {
  const [row] = await sql<{ made: number }[]>`
    select feedback.add_partitions(now(), ${MONTHS_AHEAD}::integer) as made`;
  return row!.made;
}

/**
 * Drop the months of events and recommendations that ended more than `days` ago, with the ids that they used, as far as all
 * of a month was learned. Profiles stay as they are; a replay from zero begins with what is left.
 *
 * @returns the partitions that were dropped
 */
export async function dropOldPartitions(sql: Sql, days: number): Promise<string[]> {
  const dropped: string[] = [];
  for (const parent of ["event", "recommendation"] as const) {
    const old = await sql<{ part: string }[]>`
      select child.relname as part from pg_inherits
        join pg_class as child on child.oid = inhrelid
      where inhparent = ${`feedback.${parent}`}::regclass
        and to_date(right(child.relname, 7), 'YYYY_MM') + interval '1 month' <= (now() at time zone 'UTC') - ${days} * interval '1 day'
      order by part`;
    for (const { part } of old) {
      const table = sql(`feedback.${part}`);
      const [seqName, idName] = [sql(`${parent}_seq`), sql(`${parent}_id`)];
      const [behind] = await sql<{ last: string | null; learned: string }[]>`
        select (select max(${seqName}) from ${table}) as last, learned_seq as learned from feedback.learner`;
      if (BigInt(behind!.last ?? 0) > BigInt(behind!.learned)) continue;
      const keys = sql(`feedback.${parent}_key`);
      for (let from = 0n; ; ) {
        const [page] = await sql<{ last: string | null }[]>`
          with page as (
            select ${seqName} as seq, ${idName} as id from ${table} where ${seqName} > ${String(from)}
            order by ${seqName} limit ${AT_ONCE}
          ), gone as (
            delete from ${keys} as used using page where used.${idName} = page.id and used.${seqName} = page.seq
          )
          select max(seq) as last from page`;
        if (page?.last === null || page === undefined) break;
        from = BigInt(page.last);
      }
      await sql`drop table if exists ${table}`;
      dropped.push(part);
    }
  }
  return dropped;
}

export interface RetentionOptions {
  sql: Sql;
  log: Pick<Logger, "info" | "warn">;
  /** Ends it. */
  signal: AbortSignal;
  /** Days after which a month of the log is dropped; 0: never. */
  days: number;
  everyMs: number;
}

/** Keep partitions ahead, and drop old ones if that is wanted, until the signal is aborted. All replicas may do it. */
export function keepPartitions({ sql, log, signal, days, everyMs }: RetentionOptions): Promise<void> {
  const keep = async () => {
    const made = await addPartitions(sql);
    if (made > 0) log.info({ event: "partitions_added", made }, "the months ahead have their partitions");
    const dropped = days > 0 ? await dropOldPartitions(sql, days) : [];
    if (dropped.length > 0) log.info({ event: "partitions_dropped", dropped }, "months past their retention are gone");
  };
  const failure = { event: "partitions_failed", message: "partitions stay as they are; tried again later" };
  return repeat(keep, { everyMs, signal, log, failure });
}

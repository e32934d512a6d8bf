import postgres from "postgres";

/** Commits of one row each, by so many connections at a time, in a table like that of events: with its indexes, with fsync. */
export async function rawCommits(url: string, connections: number, seconds: number): Promise<number> {
  const sql = postgres(url, { max: connections, onnotice: () => {} });
  try {
    const [{ fsync, synchronous_commit }] = await sql<[{ fsync: string; synchronous_commit: string }]>`
      select current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit`;
    if (fsync !== "on" || synchronous_commit !== "on") throw new Error("expected a PostgreSQL that waits for its disk");
    await sql`drop table if exists feedback.bench_event`;
    await sql`create table feedback.bench_event (like feedback.event including all)`;
    await sql`alter table feedback.bench_event add unique (event_id)`;
    let rows = 0;
    const began = performance.now();
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (performance.now() - began < seconds * 1000) {
          const ids = [String(rows++)];
          await sql`
            insert into feedback.bench_event
              (event_seq, event_id, user_id, item_id, action, recommendation_id, occurred_at, recorded_at)
            select id::bigint, 'raw-' || id, 'person-' || id::bigint % 1000, 'item-' || id::bigint * 7 % 5000, 1, '', now(), now()
            from unnest(${ids}::text[]) as id`;
        }
      }),
    );
    const rate = rows / ((performance.now() - began) / 1000);
    await sql`drop table feedback.bench_event`;
    return rate;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

import { readFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import postgres from "postgres";
import { migrate } from "../../services/kit/migrate.ts";
import { startPostgres } from "../../test/support/postgres.ts";

// How PostgreSQL answers the important questions of Feedback when the log is long: fills a real one by generate_series and
// prints EXPLAIN ANALYZE of each. node bench/feedback/explain.ts --rows 10000000

const number = { type: "string" } as const;
const { values } = parseArgs({ options: { rows: number, people: number, recommendations: number } });
const rows = Number(values.rows ?? 1_000_000);
const recommendations = Number(values.recommendations ?? 100_000);
const people = Number(values.people ?? Math.max(1, Math.floor(rows / 100)));
const questions = JSON.parse(readFileSync(new URL("questions.json", import.meta.url), "utf8")) as Record<
  string,
  string
>;

const server = await startPostgres();
const sql = postgres(server.url, { max: 1, onnotice: () => {} });
try {
  await migrate(sql, [{ service: "feedback", folder: new URL("../../services/feedback/schema/", import.meta.url) }]);
  await sql`select feedback.add_partitions(now() - interval '5 months', 8)`;
  const began = performance.now();
  // Five months of events, one after the other; each person has some hundred of them.
  await sql`
    insert into feedback.event
      (event_seq, event_id, user_id, item_id, action, rating, recommendation_id, occurred_at, recorded_at)
    select n, 'event-' || n, 'person-' || (n::bigint * 7919 % ${people}::bigint), 'item-' || n % 50000, 1 + n % 6, 0,
      case when n % 2 = 0 then 'recommendation-' || n / 20 else '' end, at, at
    from generate_series(1, ${rows}::integer) as n,
      lateral (select now() - interval '5 months' + n * (interval '5 months' / ${rows}::integer) as at) as time`;
  await sql`insert into feedback.event_key select event_id, event_seq, recorded_at from feedback.event`;
  // Recommendations of the last day, of 2 KB, as some are.
  await sql`
    insert into feedback.recommendation (recommendation_seq, recommendation_id, user_id, kind, query_item_id, policy,
      layout, message, created_at, recorded_at)
    select n, 'shown-' || n, 'person-' || (n::bigint * 7919 % ${people}::bigint), 'home', '',
      (array['baseline', 'convex', 'adaptive'])[1 + n % 3], 'item/1', decode(repeat(md5(n::text), 124), 'hex'), at, at
    from generate_series(1, ${recommendations}::integer) as n,
      lateral (select now() - interval '1 day' + n * (interval '1 day' / ${recommendations}::integer) as at) as time`;
  await sql`update feedback.log_position set last_seq = ${rows}::bigint`;
  await sql`update feedback.learner set learned_seq = ${rows - 100}::bigint`;
  await sql`analyze`;
  const [{ size }] = await sql<[{ size: string }]>`select pg_size_pretty(pg_database_size(current_database())) as size`;
  console.log(
    `${rows} events and ${recommendations} recommendations of ${people} people, filled in ${((performance.now() - began) / 1000).toFixed(0)} s, ${size}`,
  );
  for (const [name, question] of Object.entries(questions)) {
    const query = question.replaceAll(":end", String(rows)).replaceAll(":person", `'person-${Math.floor(people / 2)}'`);
    // The second time: the first one reads pages from the disk.
    await sql.unsafe(query);
    const plan = await sql.unsafe<{ "QUERY PLAN": string }[]>(
      `explain (analyze, costs off, timing off, summary on) ${query}`,
    );
    console.log(`\n## ${name}\n`);
    for (const line of plan) console.log(line["QUERY PLAN"]);
  }
} finally {
  await sql.end({ timeout: 1 });
  await server.stop();
}
process.exit();

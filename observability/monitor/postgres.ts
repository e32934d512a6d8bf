import type { Sql } from "../../services/kit/database.ts";

/** What is read of PostgreSQL. */
export interface PostgresFigures {
  /** Client connections, of all databases. */
  connections: number;
  maxConnections: number;
  databaseSizeBytes: number;
}

export async function readPostgres(sql: Sql): Promise<PostgresFigures> {
  const [row] = await sql<{ connections: number; max: number; size: string }[]>`
    select (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as connections,
           current_setting('max_connections')::int as max,
           pg_database_size(current_database())::text as size`;
  if (row === undefined) throw new Error("PostgreSQL answered with no row");
  return { connections: row.connections, maxConnections: row.max, databaseSizeBytes: Number(row.size) };
}

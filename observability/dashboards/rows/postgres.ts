import type { Row } from "../kit/dashboard.ts";
import { downUp, limits } from "../kit/limits.ts";
import { words } from "../kit/look.ts";
import { gauge, graph, stat } from "../kit/panels.ts";
import { quantile, ratio } from "../kit/queries.ts";

/** The store of record. */
export const postgres: Row = {
  title: "PostgreSQL",
  panels: [
    stat({
      title: "PostgreSQL",
      description: "Whether the store of record answers. Good: UP; without it nothing can be written or learned.",
      unit: "short",
      queries: { PostgreSQL: "flashfit_postgres_up" },
      width: 3,
      height: 8,
      limit: downUp,
      mappings: words("DOWN", "UP"),
    }),
    gauge({
      title: "PostgreSQL connections",
      description: "Share of the connections that it allows. Good: below 80 %; at 100 % services cannot connect.",
      unit: "percentunit",
      queries: { connections: ratio("flashfit_postgres_connections", "flashfit_postgres_max_connections") },
      width: 4,
      height: 8,
      max: 1,
      decimals: 0,
      limit: limits.connectionRatio,
    }),
    graph({
      title: "PostgreSQL connections over time",
      description:
        "Open connections and the most that it allows. Good: the sum of the services' pools, well below the limit.",
      unit: "short",
      queries: { open: "flashfit_postgres_connections", "at most": "flashfit_postgres_max_connections" },
      width: 6,
      decimals: 0,
    }),
    graph({
      title: "Query time p95",
      description: "Time of a statement by service, waiting for a connection included. Good: below 10 ms.",
      unit: "s",
      queries: { "{{service}}": quantile(0.95, "database_query_duration_seconds", ["service"]) },
      width: 6,
    }),
    graph({
      title: "Database size",
      description: "Bytes of the database. Good: grows as garments and feedback come, without leaps.",
      unit: "bytes",
      queries: { size: "flashfit_postgres_database_size_bytes" },
      width: 5,
    }),
  ],
};

import { ConnectError } from "@connectrpc/connect";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { QueryWatcher } from "./database-queries.ts";

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What is measured of a connection pool. */
export interface DatabaseMetrics {
  query: QueryWatcher;
  connectionClosed(): void;
}

/**
 * `database_queries_total{code}` (code: ok, cancelled, an SQLSTATE, or a connection error's name), `database_query_duration_seconds`
 * (waiting for a connection included), `database_queries_in_flight`, `database_pool_size`, `database_connections_closed_total`.
 */
export function databaseMetrics(registry: Registry, poolSize: number): DatabaseMetrics {
  const registers = [registry];
  const queries = new Counter({
    name: "database_queries_total",
    help: "statements sent to PostgreSQL, by outcome",
    labelNames: ["code"],
    registers,
  });
  const duration = new Histogram({
    name: "database_query_duration_seconds",
    help: "time of a statement, waiting for a connection included",
    buckets: SECONDS,
    registers,
  });
  const inFlight = new Gauge({
    name: "database_queries_in_flight",
    help: "statements that run or wait for a connection",
    registers,
  });
  new Gauge({ name: "database_pool_size", help: "connections to PostgreSQL, at most", registers }).set(poolSize);
  const closed = new Counter({
    name: "database_connections_closed_total",
    help: "connections to PostgreSQL that ended",
    registers,
  });
  return {
    query() {
      inFlight.inc();
      const stop = duration.startTimer();
      return (error) => {
        inFlight.dec();
        stop();
        queries.inc({ code: error === undefined ? "ok" : codeOf(error) });
      };
    },
    connectionClosed: () => closed.inc(),
  };
}

function codeOf(error: unknown): string {
  if (error instanceof ConnectError) return "cancelled"; // the reason of the call's signal
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "unknown";
}

import type { Row } from "../kit/dashboard.ts";
import { limits } from "../kit/limits.ts";
import { gauge, graph } from "../kit/panels.ts";
import { orZero, perSecond, quantile, ratio } from "../kit/queries.ts";

const ofService = '{service=~"$service"}';
const time = `database_query_duration_seconds${ofService}`;

/** PostgreSQL as the services see it. */
export const database: Row = {
  title: "Database",
  panels: [
    graph({
      title: "Queries by service",
      description: "Statements a second. Good: rises with the requests and not faster.",
      unit: "ops",
      queries: { "{{service}}": perSecond(`database_queries_total${ofService}`, ["service"]) },
      width: 6,
      stack: true,
    }),
    graph({
      title: "Query time",
      description: "Time of a statement, waiting for a connection included. Good: p95 below 10 ms.",
      unit: "s",
      queries: { p50: quantile(0.5, time), p95: quantile(0.95, time), p99: quantile(0.99, time) },
      width: 6,
      noValue: "no queries",
    }),
    graph({
      title: "Query time p95 by service",
      description: "Which service waits. Good: below 10 ms; a service that waits for its pool stands out.",
      unit: "s",
      queries: { "{{service}}": quantile(0.95, time, ["service"]) },
      width: 6,
      noValue: "no queries",
    }),
    graph({
      title: "Failed queries",
      description: "Statements that failed, by service and SQLSTATE. Good: 0; cancelled ones had a caller who hung up.",
      unit: "ops",
      queries: {
        all: orZero(perSecond('database_queries_total{service=~"$service",code!="ok"}')),
        "{{service}} {{code}}": perSecond('database_queries_total{service=~"$service",code!="ok"}', [
          "service",
          "code",
        ]),
      },
      width: 6,
    }),
    graph({
      title: "Pool use",
      description:
        "Statements that run or wait, for each connection of the pool. Good: below 80 %; above 100 % statements wait.",
      unit: "percentunit",
      queries: {
        "{{service}}": ratio(
          `sum by (service) (database_queries_in_flight${ofService})`,
          `sum by (service) (database_pool_size${ofService})`,
        ),
      },
      width: 8,
      limit: { warning: 0.8, critical: 1 },
    }),
    graph({
      title: "Connections",
      description:
        "What each service may open, and what PostgreSQL has open now. Good: the pools together below PostgreSQL's limit.",
      unit: "short",
      queries: {
        "{{service}} at most": `sum by (service) (database_pool_size${ofService})`,
        "PostgreSQL open": "flashfit_postgres_connections",
        "PostgreSQL limit": "flashfit_postgres_max_connections",
      },
      width: 8,
      decimals: 0,
    }),
    graph({
      title: "Connections closed",
      description: "Connections that ended. Good: near 0; a jump is a restart of PostgreSQL or a broken network.",
      unit: "ops",
      queries: { "{{service}}": perSecond(`database_connections_closed_total${ofService}`, ["service"]) },
      width: 4,
    }),
    gauge({
      title: "PostgreSQL connections",
      description: "Share of the connections that it allows. Good: below 80 %.",
      unit: "percentunit",
      queries: { connections: ratio("flashfit_postgres_connections", "flashfit_postgres_max_connections") },
      width: 4,
      height: 8,
      max: 1,
      decimals: 0,
      limit: limits.connectionRatio,
    }),
  ],
};

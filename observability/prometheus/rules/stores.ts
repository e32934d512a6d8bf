import { type RuleGroup, twoLevels } from "../rule.ts";

/** SQLSTATE classes 08 connection, 53 out of resources, 57 shut down or cancelled by the server, 58 its system; and the driver's own. */
const CONNECTION_TROUBLE = 'code=~"(08|53|57|58).*|CONNECT.*|ECONN.*|EPIPE|ETIMEDOUT|ENOTFOUND"';

const USED = "flashfit_redis_used_memory_bytes / (flashfit_redis_max_memory_bytes > 0)";

/** PostgreSQL and Redis. */
export const stores: RuleGroup = {
  name: "flashfit-stores",
  rules: [
    ...twoLevels({
      alert: "DatabaseTrouble",
      expr: `sum by (service) (rate(database_queries_total{${CONNECTION_TROUBLE}}[5m])) / (sum by (service) (rate(database_queries_total[5m])) > 0) > $threshold`,
      warning: { threshold: 0.01, for: "1m" },
      critical: { threshold: 0.2, for: "1m" },
      summary: "{{ $labels.service }} has trouble with its connection to PostgreSQL",
      description:
        "{{ $value | humanizePercentage }} of the statements of {{ $labels.service }} failed because of the connection or the server",
    }),
    ...twoLevels({
      alert: "PostgresConnectionsHigh",
      expr: "max by (service) (flashfit_postgres_connections / flashfit_postgres_max_connections) > $threshold",
      warning: { threshold: 0.8, for: "2m" },
      critical: { threshold: 0.95, for: "1m" },
      summary: "PostgreSQL is running out of connections",
      description: "{{ $value | humanizePercentage }} of PostgreSQL's connections are taken",
    }),
    {
      alert: "RedisDown",
      severity: "warning", // a cache: without it answers are slower, none is wrong
      expr: "max by (service) (flashfit_redis_up) == 0",
      for: "30s",
      summary: "Redis gives no figures",
      description: "the monitor cannot read Redis' INFO (flashfit_redis_up is {{ $value }})",
    },
    {
      alert: "RedisMemoryHigh",
      severity: "warning",
      expr: `max by (service) (${USED}) > 0.8`,
      for: "5m",
      summary: "Redis' memory is nearly used up",
      description: "Redis uses {{ $value | humanizePercentage }} of the memory that it may have",
    },
    {
      alert: "RedisMemoryHigh",
      severity: "critical",
      expr: `max by (service) (${USED}) > 0.95 and on () rate(flashfit_redis_evicted_keys_total[5m]) > 100`,
      for: "5m",
      summary: "Redis drops what it should keep",
      description: "Redis uses {{ $value | humanizePercentage }} of its memory and evicts more than 100 keys a second",
    },
  ],
};

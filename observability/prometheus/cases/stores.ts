import { constant, counter, type RuleCase } from "../rule-tests.ts";

const monitor = (name: string) => `${name}{job="flashfit-monitor",service="monitor"}`;
const queries = (code: string) => `database_queries_total{service="index",job="flashfit-index",code="${code}"}`;
const index = { service: "index" };
const of = { service: "monitor" };
const redis = (usedMb: number, maxMb: number, evictedPerSecond = 0) => ({
  [monitor("flashfit_redis_used_memory_bytes")]: constant(usedMb * 2 ** 20),
  [monitor("flashfit_redis_max_memory_bytes")]: constant(maxMb * 2 ** 20),
  [monitor("flashfit_redis_evicted_keys_total")]: counter(evictedPerSecond),
});
const connections = (count: number) => ({
  [monitor("flashfit_postgres_connections")]: constant(count),
  [monitor("flashfit_postgres_max_connections")]: constant(100),
});

export const storesCases: RuleCase[] = [
  {
    name: "one statement in ten that loses its connection is a warning",
    alert: "DatabaseTrouble",
    series: { [queries("ok")]: counter(9), [queries("57P01")]: counter(1) },
    at: 600,
    fires: [{ severity: "warning", labels: index, value: "10%" }],
  },
  {
    name: "no connection at all is critical as well",
    alert: "DatabaseTrouble",
    series: { [queries("ECONNREFUSED")]: counter(1) },
    at: 600,
    fires: [
      { severity: "warning", labels: index, value: "100%" },
      { severity: "critical", labels: index, value: "100%" },
    ],
  },
  {
    name: "rows that are refused are no trouble of the connection",
    alert: "DatabaseTrouble",
    series: { [queries("ok")]: counter(1), [queries("23505")]: counter(1), [queries("cancelled")]: counter(1) },
    at: 600,
    fires: [],
  },
  {
    name: "85 of 100 are a warning",
    alert: "PostgresConnectionsHigh",
    series: connections(85),
    at: 600,
    fires: [{ severity: "warning", labels: of, value: "85%" }],
  },
  {
    name: "98 of 100 are critical as well",
    alert: "PostgresConnectionsHigh",
    series: connections(98),
    at: 600,
    fires: [
      { severity: "warning", labels: of, value: "98%" },
      { severity: "critical", labels: of, value: "98%" },
    ],
  },
  { name: "40 of 100 are in order", alert: "PostgresConnectionsHigh", series: connections(40), at: 600, fires: [] },
  {
    name: "half a minute without figures is a warning",
    alert: "RedisDown",
    series: { [monitor("flashfit_redis_up")]: "1+0x6 0+0x60" },
    at: 180,
    fires: [{ severity: "warning", labels: of, value: "0" }],
  },
  {
    name: "one that answers is in order",
    alert: "RedisDown",
    series: { [monitor("flashfit_redis_up")]: constant(1) },
    at: 180,
    fires: [],
  },
  {
    name: "90 % of its limit is a warning",
    alert: "RedisMemoryHigh",
    series: redis(90, 100),
    at: 600,
    fires: [{ severity: "warning", labels: of, value: "90%" }],
  },
  {
    name: "full, and it drops keys as fast as it gets them, is critical as well",
    alert: "RedisMemoryHigh",
    series: redis(99, 100, 500),
    at: 600,
    fires: [
      { severity: "warning", labels: of, value: "99%" },
      { severity: "critical", labels: of, value: "99%" },
    ],
  },
  {
    name: "without a limit there is no share of it",
    alert: "RedisMemoryHigh",
    series: redis(900, 0),
    at: 600,
    fires: [],
  },
  { name: "half full is in order", alert: "RedisMemoryHigh", series: redis(50, 100), at: 600, fires: [] },
];

import { Counter, Gauge, type Registry } from "../../services/kit/metrics.ts";
import { countFiring } from "./alerts.ts";
import type { Facts } from "./observer.ts";
import type { PostgresFigures } from "./postgres.ts";
import type { Finding } from "./probe.ts";
import type { RedisFigures } from "./redis-info.ts";
import type { SystemFigures } from "./system.ts";

/** One value with its labels. */
interface Sample {
  labels?: Record<string, string>;
  value: number;
}

type Reader = (facts: Facts) => Sample[];

/**
 * Registers the `flashfit_*` metrics. They are read when they are scraped, by one look at everything; what cannot be had
 * is absent, not 0. Counters of others (`…_total` of Valkey) are passed on as they stand.
 */
export function createMonitorMetrics(registry: Registry, look: () => Promise<Facts>, diskPath: string): void {
  const registers = [registry];
  const collected = new Counter({
    name: "flashfit_metrics_collected_total",
    help: "values that the monitor has collected",
    registers,
  });
  const gauge = (name: string, help: string, labelNames: string[], read: Reader) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      async collect() {
        const samples = read(await look());
        this.reset();
        for (const { labels = {}, value } of samples) this.set(labels, value);
        if (samples.length === 0 && labelNames.length === 0) this.remove(); // else it would say 0
        collected.inc(samples.length);
      },
    });
  const figure = <T>(
    name: string,
    help: string,
    find: (facts: Facts) => Finding<T> | undefined,
    of: (value: T) => number,
  ) => gauge(name, help, [], (facts) => one(find(facts), of));

  const system = (name: string, help: string, of: (value: SystemFigures) => number) =>
    figure(`flashfit_${name}`, help, (facts) => facts.system, of);
  system("cpu_usage_percent", "processors of this machine, all together, 0 to 100", (value) => value.cpuPercent);
  system(
    "memory_usage_percent",
    "memory of this machine or container in use, 0 to 100",
    (value) => value.memoryPercent,
  );
  system("memory_usage_bytes", "memory of this machine or container in use", (value) => value.memoryBytes);
  gauge("flashfit_disk_usage_percent", "disk in use, 0 to 100", ["path"], (facts) =>
    one(facts.system, (value) => value.diskPercent).map((sample) => ({ ...sample, labels: { path: diskPath } })),
  );

  gauge("flashfit_service_health_status", "1 if the part answers, 0 if it is down", ["service"], (facts) =>
    [...facts.services].map(([service, { status }]) => ({ labels: { service }, value: status === "down" ? 0 : 1 })),
  );
  gauge("flashfit_service_health_check_seconds", "time of the last question to the part", ["service"], (facts) =>
    [...facts.services].map(([service, { ms }]) => ({ labels: { service }, value: ms / 1000 })),
  );

  gauge("flashfit_redis_up", "1 if Valkey answers", [], ({ redis }) => (redis ? [{ value: isUp(redis) }] : []));
  const redis = (name: string, help: string, of: (value: RedisFigures) => number) =>
    figure(`flashfit_redis_${name}`, help, (facts) => facts.redis, of);
  redis("connected_clients", "connections to Valkey", (value) => value.connectedClients);
  redis("used_memory_bytes", "memory of Valkey in use", (value) => value.usedMemoryBytes);
  redis("max_memory_bytes", "memory that Valkey may use, 0: no limit", (value) => value.maxMemoryBytes);
  redis("keyspace_hits_total", "keys that were found", (value) => value.keyspaceHits);
  redis("keyspace_misses_total", "keys that were not found", (value) => value.keyspaceMisses);
  redis("commands_processed_total", "commands that Valkey has answered", (value) => value.commandsProcessed);
  redis("evicted_keys_total", "keys dropped because the memory was full", (value) => value.evictedKeys);
  redis("uptime_seconds", "time since Valkey was started", (value) => value.uptimeSeconds);
  redis("keys", "keys that Valkey holds", (value) => value.keys);

  gauge("flashfit_postgres_up", "1 if PostgreSQL answers", [], (facts) => [{ value: isUp(facts.postgres) }]);
  const postgres = (name: string, help: string, of: (value: PostgresFigures) => number) =>
    figure(`flashfit_postgres_${name}`, help, (facts) => facts.postgres, of);
  postgres("connections", "client connections to PostgreSQL", (value) => value.connections);
  postgres("max_connections", "connections that PostgreSQL allows", (value) => value.maxConnections);
  postgres("database_size_bytes", "size of the database", (value) => value.databaseSizeBytes);

  gauge("flashfit_active_alerts_total", "alerts that fire, by severity", ["severity"], ({ alerts }) =>
    alerts.status === "down"
      ? []
      : Object.entries(countFiring(alerts.value)).map(([severity, value]) => ({ labels: { severity }, value })),
  );
}

function one<T>(finding: Finding<T> | undefined, of: (value: T) => number): Sample[] {
  return finding === undefined || finding.status === "down" ? [] : [{ value: of(finding.value) }];
}

function isUp(finding: Finding<unknown>): number {
  return finding.status === "down" ? 0 : 1;
}

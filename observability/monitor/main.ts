import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { Health } from "../../gen/health/v1/health_pb.ts";
import { connectDatabase } from "../../services/kit/database.ts";
import { fixedPages, jsonPage } from "../../services/kit/pages.ts";
import { runService } from "../../services/kit/run.ts";
import { readAlerts } from "./alerts.ts";
import { monitorConfig } from "./config.ts";
import {
  checkEnvoy,
  checkHealth,
  explainRpc,
  MESH_PARTS,
  messageOf,
  readModels,
  readVectorCounts,
} from "./mesh-parts.ts";
import { createMonitorMetrics } from "./metrics.ts";
import { createObserver, type Probes } from "./observer.ts";
import { readPostgres } from "./postgres.ts";
import { createProbe, type Probe } from "./probe.ts";
import { connectRedisInfo } from "./redis.ts";
import { healthReport, readyReport } from "./report.ts";
import { createSystemReader } from "./system.ts";

await runService({
  name: "monitor",
  config: monitorConfig,
  listen: (config) => ({
    host: config.MONITOR_HOST,
    port: config.MONITOR_RPC_PORT,
    metricsPorts: [config.MONITOR_PORT],
  }),
  services: [],
  pagesBesideMetrics: true,
  async setUp(context, config) {
    const { MONITOR_TIMEOUT_MS: timeoutMs, MONITOR_SLOW_MS: slowMs, APP_VERSION: version } = config;
    const probe = <T>(ask: (signal: AbortSignal) => Promise<T>, explain: (error: unknown) => string = messageOf) =>
      createProbe({ timeoutMs, slowMs, ask, explain });
    const rpc = <T>(ask: (signal: AbortSignal) => Promise<T>) => probe(ask, explainRpc);

    const health = context.client(Health);
    const encoder = context.client(EncoderService);
    const index = context.client(IndexService);
    const sql = connectDatabase({ ...config, DATABASE_POOL_SIZE: 1 }, context);
    const redis = config.REDIS_URL === undefined ? undefined : connectRedisInfo(config.REDIS_URL, context);
    const mesh = MESH_PARTS.map((part): [string, Probe<void>] => [
      part,
      rpc((signal) => checkHealth(health, part, signal)),
    ]);
    const look = createObserver({
      mesh: Object.fromEntries(mesh) as Probes["mesh"],
      envoy: rpc((signal) => checkEnvoy(health, signal)),
      postgres: probe(() => readPostgres(sql)),
      redis: redis && probe(redis),
      models: rpc((signal) => readModels(encoder, signal)),
      vectors: rpc((signal) => readVectorCounts(index, signal)),
      alerts: probe((signal) => readAlerts(config.PROMETHEUS_URL, signal)),
      system: probe(createSystemReader(config.MONITOR_DISK_PATH)),
    });

    createMonitorMetrics(context.metrics, look, config.MONITOR_DISK_PATH);
    context.answerGet(
      fixedPages({
        "/health": async () => {
          const { status, body } = healthReport(await look(), version);
          return jsonPage(status, body);
        },
        "/ready": async () => {
          const { status, body } = readyReport(await look(), version);
          return jsonPage(status, body);
        },
        "/alerts": async () => {
          const { alerts } = await look();
          if (alerts.status !== "down") return jsonPage(200, { source: config.PROMETHEUS_URL, alerts: alerts.value });
          const message = `Prometheus at ${config.PROMETHEUS_URL} does not say which alerts are active: ${alerts.reason}`;
          return jsonPage(503, { code: "unavailable", message: `${message}; npm run observe starts one` });
        },
      }),
    );
    return [];
  },
});

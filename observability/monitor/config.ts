import { z } from "zod";
import {
  cacheSettings,
  commonSettings,
  databaseSettings,
  integerSetting,
  portSetting,
} from "../../services/kit/config.ts";

/** Every setting that the monitor reads. */
export const monitorConfig = z.object({
  ...commonSettings,
  ...databaseSettings,
  ...cacheSettings,
  MONITOR_HOST: z.string().min(1).default("127.0.0.1").describe("address that the monitor listens on"),
  MONITOR_RPC_PORT: portSetting(50055, "port on which Envoy reaches the monitor"),
  MONITOR_PORT: portSetting(9092, "HTTP port of the monitor's /metrics, /alerts, /health and /ready"),
  MONITOR_TIMEOUT_MS: integerSetting(
    { min: 10, max: 10_000, default: 700 },
    "time in which a part has to answer the monitor, milliseconds; /health takes no longer",
  ),
  MONITOR_SLOW_MS: integerSetting(
    { min: 1, max: 10_000, default: 300 },
    "a part that takes longer than this to answer the monitor is called slow, milliseconds",
  ),
  MONITOR_DISK_PATH: z.string().min(1).default(".").describe("a path on the disk whose use is measured"),
  PROMETHEUS_URL: z
    .url({ protocol: /^https?$/ })
    .default("http://127.0.0.1:9090")
    .describe("the Prometheus that knows the active alerts"),
});

export type MonitorConfig = z.infer<typeof monitorConfig>;

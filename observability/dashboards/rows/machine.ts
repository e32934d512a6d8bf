import type { Row } from "../kit/dashboard.ts";
import { limits, noneAllowed } from "../kit/limits.ts";
import { gauge, stat } from "../kit/panels.ts";
import { orZero, perSecond } from "../kit/queries.ts";

const recommends = '{rpc_service="flashfit.fusion.v1.FusionService",method="Recommend"}';

/** The first line: is anything wrong at all? */
export const machine: Row = {
  title: "Now",
  panels: [
    gauge({
      title: "CPU",
      description:
        "Busy share of this machine's processors. Good: below 80 %; from 90 % on answers wait for a processor.",
      unit: "percent",
      queries: { CPU: "flashfit_cpu_usage_percent" },
      width: 4,
      max: 100,
      decimals: 0,
      limit: limits.cpuPercent,
    }),
    gauge({
      title: "Memory",
      description: "Memory in use. Good: below 90 %; from 95 % on the system may end a process.",
      unit: "percent",
      queries: { memory: "flashfit_memory_usage_percent" },
      width: 4,
      max: 100,
      decimals: 0,
      limit: limits.memoryPercent,
    }),
    gauge({
      title: "Disk",
      description:
        "The fullest of the disks that hold data. Good: below 85 %; a full disk stops PostgreSQL, and with it every write.",
      unit: "percent",
      queries: { disk: "max(flashfit_disk_usage_percent)" },
      width: 4,
      max: 100,
      decimals: 0,
      limit: limits.diskPercent,
    }),
    stat({
      title: "Services down",
      description: "Services whose last health check failed. Good: 0.",
      unit: "short",
      queries: { down: orZero("count(flashfit_service_health_status == 0)") },
      width: 4,
      limit: noneAllowed,
    }),
    stat({
      title: "Alerts",
      description:
        "Alerts that fire now, by severity, as the monitor counts them. Good: 0 and 0; the dead man's switch is not counted.",
      unit: "short",
      queries: { "{{severity}}": "sum by (severity) (flashfit_active_alerts_total)" },
      width: 4,
      limit: noneAllowed,
      noValue: "no Prometheus",
    }),
    stat({
      title: "Recommendations",
      description: "Answers a second, with their way behind it. Good: what this hour is used to.",
      unit: "reqps",
      queries: { recommendations: perSecond(`rpc_server_requests_total${recommends}`) },
      width: 4,
      trend: true,
      noValue: "none yet",
    }),
  ],
};

import type { Row } from "../kit/dashboard.ts";
import { downUp } from "../kit/limits.ts";
import { words } from "../kit/look.ts";
import { graph, stat, table, timeline } from "../kit/panels.ts";

/** Which service, since when, and what the rules say of it. */
export const health: Row = {
  title: "Health and alerts",
  panels: [
    stat({
      title: "Service health now",
      description: "Each service's last health check, and the data servers'. Good: all UP.",
      unit: "short",
      queries: { "{{service}}": "flashfit_service_health_status" },
      width: 12,
      height: 6,
      limit: downUp,
      mappings: words("DOWN", "UP"),
    }),
    timeline({
      title: "Service health",
      description:
        "Health checks over time. Good: green bars without a gap; a red piece is an outage, its length how long it took.",
      unit: "short",
      queries: { "{{service}}": "flashfit_service_health_status" },
      width: 12,
      height: 6,
      limit: downUp,
      mappings: words("DOWN", "UP"),
    }),
    table({
      title: "Active alerts",
      description:
        "What Prometheus' rules say now. Good: only the dead man's switch, which fires always so that silence means that alerting is broken.",
      unit: "short",
      queries: { "": 'ALERTS{alertstate="firing"}' },
      width: 16,
      columns: { severity: "Severity", alertname: "Alert", service: "Service", index: "Index", instance: "Where" },
      noValue: "no rules are evaluated",
    }),
    graph({
      title: "Active alerts by severity",
      description: "How many alerts fired, as the monitor read them from Prometheus. Good: none that is critical.",
      unit: "short",
      queries: { "{{severity}}": "sum by (severity) (flashfit_active_alerts_total)" },
      width: 8,
      decimals: 0,
      stack: true,
      noValue: "the monitor sees no Prometheus",
    }),
  ],
};

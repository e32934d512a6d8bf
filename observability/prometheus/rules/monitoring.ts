import { type AlertRule, type RuleGroup, twoLevels } from "../rule.ts";

interface Trouble {
  trouble: string;
  severity?: "warning" | "critical";
  expr: string;
  summary: string;
}

/** What monitors is monitored: one alert name, the label `trouble` says which. */
function prometheusTrouble({ trouble, severity = "warning", expr, summary }: Trouble): AlertRule {
  return {
    alert: "PrometheusTrouble",
    severity,
    expr,
    for: "1m",
    labels: { trouble, service: "prometheus" },
    summary,
    description: `${summary} (measured: {{ $value | printf "%.3g" }})`,
  };
}

export const monitoring: RuleGroup = {
  name: "flashfit-monitoring",
  rules: [
    {
      alert: "DeadMansSwitch",
      severity: "none",
      expr: "vector(1)",
      summary: "alerting works",
      description: "always firing (value {{ $value }}): if this stops to arrive, alerts do not arrive either",
    },
    prometheusTrouble({
      trouble: "rules",
      expr: "sum(increase(prometheus_rule_evaluation_failures_total[5m])) > 0",
      summary: "Prometheus cannot evaluate some of its rules",
    }),
    prometheusTrouble({
      trouble: "config",
      expr: "min(prometheus_config_last_reload_successful) == 0 or min(alertmanager_config_last_reload_successful) == 0",
      summary: "a changed configuration was refused: the old one is in use",
    }),
    prometheusTrouble({
      trouble: "alertmanager",
      expr: "min(prometheus_notifications_alertmanagers_discovered) < 1",
      summary: "Prometheus knows no Alertmanager: alerts are shown, but sent nowhere",
    }),
    prometheusTrouble({
      trouble: "delivery",
      expr: "sum(rate(prometheus_notifications_errors_total[5m])) / (sum(rate(prometheus_notifications_sent_total[5m])) > 0) > 0.01 or sum(rate(alertmanager_notifications_failed_total[5m])) / (sum(rate(alertmanager_notifications_total[5m])) > 0) > 0.01",
      summary: "alerts are lost on their way",
    }),
    prometheusTrouble({
      trouble: "storage",
      severity: "critical",
      expr: "sum(increase(prometheus_tsdb_wal_corruptions_total[1h])) + sum(increase(prometheus_tsdb_wal_writes_failed_total[1h])) + sum(increase(prometheus_tsdb_compactions_failed_total[1h])) > 0",
      summary: "Prometheus cannot keep what it measures",
    }),
    ...twoLevels({
      alert: "MonitoringDiskFull",
      expr: "max by (path) (flashfit_disk_usage_percent) > $threshold", // one machine, one disk: the mesh's is Prometheus'
      labels: { service: "prometheus" },
      warning: { threshold: 80, for: "5m" },
      critical: { threshold: 92, for: "5m" },
      summary: "the disk of the metrics is nearly full",
      description:
        'the disk under {{ $labels.path }}, where Prometheus keeps its data, is {{ $value | printf "%.0f" }} % full',
    }),
  ],
};

import { constant, counter, type RuleCase } from "../rule-tests.ts";

const prometheus = (name: string) => `${name}{job="prometheus",service="prometheus"}`;
const alertmanager = (name: string) => `${name}{job="alertmanager",service="alertmanager"}`;
const disk = 'flashfit_disk_usage_percent{job="flashfit-monitor",service="monitor",path="/data"}';
const onDisk = { service: "prometheus", path: "/data" };
const trouble = (kind: string) => ({ service: "prometheus", trouble: kind });

const healthy = {
  [prometheus("prometheus_rule_evaluation_failures_total")]: constant(3), // long ago
  [prometheus("prometheus_config_last_reload_successful")]: constant(1),
  [alertmanager("alertmanager_config_last_reload_successful")]: constant(1),
  [prometheus("prometheus_notifications_alertmanagers_discovered")]: constant(1),
  [prometheus("prometheus_notifications_errors_total")]: constant(0),
  [prometheus("prometheus_notifications_sent_total")]: counter(1),
  [alertmanager("alertmanager_notifications_failed_total")]: constant(0),
  [alertmanager("alertmanager_notifications_total")]: counter(1),
  [prometheus("prometheus_tsdb_wal_corruptions_total")]: constant(0),
  [prometheus("prometheus_tsdb_wal_writes_failed_total")]: constant(0),
  [prometheus("prometheus_tsdb_compactions_failed_total")]: constant(0),
};

/** One thing is wrong, everything else in order. */
function wrong(
  name: string,
  kind: string,
  changed: Record<string, string>,
  value: string,
  severity: "warning" | "critical" = "warning",
): RuleCase {
  const fires = [{ severity, labels: trouble(kind), value }];
  return { name, alert: "PrometheusTrouble", series: { ...healthy, ...changed }, at: 420, fires };
}

export const monitoringCases: RuleCase[] = [
  { name: "fires always", alert: "DeadMansSwitch", series: {}, at: 0, fires: [{ severity: "none", value: "1" }] },
  { name: "everything in order", alert: "PrometheusTrouble", series: healthy, at: 420, fires: [] },
  wrong(
    "a rule that fails",
    "rules",
    { [prometheus("prometheus_rule_evaluation_failures_total")]: counter(0.1) },
    "30",
  ),
  wrong(
    "a refused configuration",
    "config",
    { [prometheus("prometheus_config_last_reload_successful")]: constant(0) },
    "0",
  ),
  wrong(
    "one that Alertmanager refused",
    "config",
    { [alertmanager("alertmanager_config_last_reload_successful")]: constant(0) },
    "0",
  ),
  wrong(
    "no Alertmanager",
    "alertmanager",
    { [prometheus("prometheus_notifications_alertmanagers_discovered")]: constant(0) },
    "0",
  ),
  wrong(
    "Prometheus cannot deliver",
    "delivery",
    { [prometheus("prometheus_notifications_errors_total")]: counter(0.5) },
    "0.5",
  ),
  wrong(
    "Alertmanager cannot deliver",
    "delivery",
    { [alertmanager("alertmanager_notifications_failed_total")]: counter(0.25) },
    "0.25",
  ),
  wrong(
    "a damaged log on disk",
    "storage",
    { [prometheus("prometheus_tsdb_wal_corruptions_total")]: "0+0x30 2+0x180" },
    "2",
    "critical",
  ),
  {
    name: "85 % is a warning",
    alert: "MonitoringDiskFull",
    series: { [disk]: constant(85) },
    at: 600,
    fires: [{ severity: "warning", labels: onDisk, value: "85" }],
  },
  {
    name: "93 % is critical as well",
    alert: "MonitoringDiskFull",
    series: { [disk]: constant(93) },
    at: 600,
    fires: [
      { severity: "warning", labels: onDisk, value: "93" },
      { severity: "critical", labels: onDisk, value: "93" },
    ],
  },
  { name: "60 % is in order", alert: "MonitoringDiskFull", series: { [disk]: constant(60) }, at: 600, fires: [] },
];

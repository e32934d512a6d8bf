import { type RuleGroup, twoLevels } from "../rule.ts";

/** Whether the parts of the mesh are there. */
export const services: RuleGroup = {
  name: "flashfit-services",
  rules: [
    {
      alert: "ServiceDown",
      severity: "critical",
      expr: "min by (service) (flashfit_service_health_status) == 0",
      for: "15s",
      summary: "{{ $labels.service }} is down",
      description:
        "the monitor's health check of {{ $labels.service }} fails (flashfit_service_health_status is {{ $value }})",
    },
    {
      // Not for people: five-minute windows still hold the outage when it is over, and must not page then.
      alert: "ServiceWasDown",
      severity: "none",
      expr: 'max by (service) (max_over_time(ALERTS{alertname="ServiceDown",alertstate="firing"}[6m])) > 0',
      summary: "{{ $labels.service }} is down, or was until a moment ago",
      description: "silences what follows from it; nobody is told of this alert (value {{ $value }})",
    },
    {
      alert: "ServiceFlapping",
      severity: "warning",
      expr: "max by (service) (changes(flashfit_service_health_status[10m])) >= 6",
      summary: "{{ $labels.service }} comes and goes",
      description: "the health of {{ $labels.service }} changed {{ $value }} times within ten minutes",
    },
    {
      alert: "TargetDown",
      severity: "critical",
      expr: 'min by (job, service) (up{job!="node-exporter"}) == 0',
      for: "1m",
      summary: "{{ $labels.service }} gives no metrics",
      description: "Prometheus cannot scrape a target of job {{ $labels.job }} (up is {{ $value }})",
    },
    ...twoLevels({
      alert: "FaissIndexUnhealthy",
      expr: "min by (service, index) (faiss_index_health_score) < $threshold",
      warning: { threshold: 0.9, for: "1m" },
      critical: { threshold: 0.5, for: "15s" },
      summary: "index {{ $labels.index }} is not well",
      description:
        'the health score of {{ $labels.index }} is {{ $value | printf "%.2f" }}, 1 is healthy; faiss_index_health_part says why',
    }),
    {
      alert: "FaissIndexUnhealthy",
      severity: "critical",
      expr: 'max(up{job="flashfit-index"}) == 0 or absent(up{job="flashfit-index"})',
      for: "15s",
      labels: { service: "index", index: "all" },
      summary: "no Index is there to search",
      description: "not one replica of Index can be scraped: searches fail",
    },
    ...twoLevels({
      // The upper end of the interval: a few unlucky searches wake nobody.
      alert: "LowRecall",
      expr: "min by (service, index) (faiss_index_graph_recall_high) < $threshold",
      warning: { threshold: 0.9, for: "5m" },
      critical: { threshold: 0.7, for: "5m" },
      summary: "the graph of {{ $labels.index }} misses neighbours",
      description:
        "the graph of {{ $labels.index }} finds at most {{ $value | humanizePercentage }} of the true nearest",
    }),
    {
      alert: "IndexRebuildFails",
      severity: "warning", // what was built before serves on, or scans do
      expr: "sum by (service, index) (increase(faiss_index_failures_total[15m])) > 2",
      for: "1m",
      summary: "the graph of {{ $labels.index }} cannot be built, or fails",
      description: 'rebuilds or graphs of {{ $labels.index }} failed {{ $value | printf "%.0f" }} times in 15 minutes',
    },
    {
      alert: "IndexSnapshotOverdue",
      severity: "warning", // a start takes longer; nothing is lost
      expr: 'min by (service) (faiss_index_health_part{part="snapshot"}) < 0.5',
      for: "5m",
      summary: "snapshots of the indices are not written",
      description:
        'the newest snapshot lacks the changes of more than six intervals (part snapshot is {{ $value | printf "%.2f" }})',
    },
    ...twoLevels({
      alert: "CircuitBreakerOpen",
      expr: "flashfit:breaker_activations:increase1h > $threshold",
      warning: { threshold: 10, for: "0s" },
      critical: { threshold: 100, for: "0s" },
      summary: "Envoy turns calls for {{ $labels.service }} away",
      description:
        'circuit breakers and outlier ejection of {{ $labels.service }} acted {{ $value | printf "%.0f" }} times within an hour',
    }),
  ],
};

import { constant, counter, type RuleCase } from "../rule-tests.ts";

const health = (service: string) => `flashfit_service_health_status{job="flashfit-monitor",service="${service}"}`;
const up = (service: string) => `up{job="flashfit-${service}",service="${service}",instance="127.0.0.1:1"}`;
const score = (index: string) => `faiss_index_health_score{job="flashfit-index",service="index",index="${index}"}`;
const recall = (index: string) =>
  `faiss_index_graph_recall_high{job="flashfit-index",service="index",index="${index}"}`;
const failures =
  'faiss_index_failures_total{job="flashfit-index",service="index",index="clip_fashion",kind="rebuild-failed"}';
const snapshotPart =
  'faiss_index_health_part{job="flashfit-index",service="index",index="clip_fashion",part="snapshot"}';
const overflow = 'envoy_cluster_upstream_rq_pending_overflow{envoy_cluster_name="encoder"}';
const ejected = 'envoy_cluster_outlier_detection_ejections_enforced_total{envoy_cluster_name="encoder"}';

export const servicesCases: RuleCase[] = [
  {
    name: "one that fails its checks is critical, the others are in order",
    alert: "ServiceDown",
    series: { [health("index")]: "1+0x6 0+0x60", [health("fusion")]: constant(1) },
    at: 120,
    fires: [{ severity: "critical", labels: { service: "index" }, value: "0" }],
  },
  {
    name: "one failed check is not the end",
    alert: "ServiceDown",
    series: { [health("index")]: "1+0x6 0 1+0x60" },
    at: 80,
    fires: [],
  },
  {
    name: "it is over when the service is back",
    alert: "ServiceDown",
    series: { [health("index")]: "1+0x6 0+0x12 1+0x60" },
    at: 210,
    fires: [],
  },
  {
    name: "it outlasts the outage, so that five-minute windows do not page when it is over",
    alert: "ServiceWasDown",
    series: { [health("index")]: "1+0x6 0+0x12 1+0x90" },
    at: 480,
    fires: [{ severity: "none", labels: { service: "index" }, value: "1" }],
  },
  {
    name: "it ends six minutes after the outage",
    alert: "ServiceWasDown",
    series: { [health("index")]: "1+0x6 0+0x12 1+0x90" },
    at: 600,
    fires: [],
  },
  {
    name: "three crashes within ten minutes",
    alert: "ServiceFlapping",
    series: { [health("web")]: "1+0x6 0 1+0x6 0 1+0x6 0 1+0x60" },
    at: 300,
    fires: [{ severity: "warning", labels: { service: "web" }, value: "6" }],
  },
  {
    name: "a single restart is in order",
    alert: "ServiceFlapping",
    series: { [health("web")]: "1+0x6 0 1+0x60" },
    at: 300,
    fires: [],
  },
  {
    name: "a process without metrics is critical after a minute",
    alert: "TargetDown",
    series: { [up("feedback")]: "1+0x6 0+0x60", [up("index")]: constant(1) },
    at: 180,
    fires: [{ severity: "critical", labels: { job: "flashfit-feedback", service: "feedback" }, value: "0" }],
  },
  {
    name: "one failed scrape is in order, and so is a node-exporter that is away",
    alert: "TargetDown",
    series: { [up("feedback")]: "1+0x6 0 1+0x60", 'up{job="node-exporter"}': constant(0) },
    at: 180,
    fires: [],
  },
  {
    name: "a score of 0.7, the log is gone, is a warning",
    alert: "FaissIndexUnhealthy",
    series: {
      [score("clip_fashion")]: constant(0.7),
      [score("blip_fashion")]: constant(1),
      [up("index")]: constant(1),
    },
    at: 180,
    fires: [{ severity: "warning", labels: { service: "index", index: "clip_fashion" }, value: "0.70" }],
  },
  {
    name: "a score of 0.4 is critical as well",
    alert: "FaissIndexUnhealthy",
    series: { [score("clip_fashion")]: constant(0.4), [up("index")]: constant(1) },
    at: 180,
    fires: [
      { severity: "warning", labels: { service: "index", index: "clip_fashion" }, value: "0.40" },
      { severity: "critical", labels: { service: "index", index: "clip_fashion" }, value: "0.40" },
    ],
  },
  {
    name: "no Index at all is critical",
    alert: "FaissIndexUnhealthy",
    series: { [score("clip_fashion")]: "1+0x6 stale", [up("index")]: "1+0x6 0+0x60" },
    at: 120,
    fires: [{ severity: "critical", labels: { service: "index", index: "all" }, value: "" }],
  },
  {
    name: "an Index that is not even scraped is critical",
    alert: "FaissIndexUnhealthy",
    series: { [up("fusion")]: constant(1) },
    at: 120,
    fires: [{ severity: "critical", labels: { service: "index", index: "all", job: "flashfit-index" }, value: "" }],
  },
  {
    name: "healthy indices are silent, and so is one of two replicas that is away",
    alert: "FaissIndexUnhealthy",
    series: {
      [score("clip_fashion")]: constant(1),
      [up("index")]: constant(1),
      [up("index").replace(":1", ":2")]: constant(0),
    },
    at: 180,
    fires: [],
  },
  {
    name: "at most 85 % of the true nearest is a warning, on the replica where it is worst",
    alert: "LowRecall",
    series: {
      [recall("clip_fashion")]: constant(0.85),
      [recall("clip_fashion").replace("{", '{instance="2",')]: constant(1),
      [recall("blip_fashion")]: constant(0.97),
    },
    at: 600,
    fires: [{ severity: "warning", labels: { service: "index", index: "clip_fashion" }, value: "85%" }],
  },
  {
    name: "half of them is critical as well",
    alert: "LowRecall",
    series: { [recall("clip_fashion")]: constant(0.5) },
    at: 600,
    fires: [
      { severity: "warning", labels: { service: "index", index: "clip_fashion" }, value: "50%" },
      { severity: "critical", labels: { service: "index", index: "clip_fashion" }, value: "50%" },
    ],
  },
  {
    name: "a moment after a rebuild is in order, and so is what was not measured",
    alert: "LowRecall",
    series: { [recall("clip_fashion")]: "1+0x6 0.6+0x12 1+0x60", [recall("blip_fashion")]: constant(1) },
    at: 180,
    fires: [],
  },
  {
    name: "a rebuild that fails again and again is a warning",
    alert: "IndexRebuildFails",
    series: { [failures]: "0+0x6 4+0x180" },
    at: 600,
    fires: [{ severity: "warning", labels: { service: "index", index: "clip_fashion" }, value: "4" }],
  },
  {
    name: "one that failed once is in order",
    alert: "IndexRebuildFails",
    series: { [failures]: "0+0x6 1+0x180" },
    at: 600,
    fires: [],
  },
  {
    name: "six intervals without a snapshot are a warning",
    alert: "IndexSnapshotOverdue",
    series: { [snapshotPart]: constant(0.4) },
    at: 600,
    fires: [{ severity: "warning", labels: { service: "index" }, value: "0.40" }],
  },
  {
    name: "a snapshot that is a little late is in order",
    alert: "IndexSnapshotOverdue",
    series: { [snapshotPart]: constant(0.9) },
    at: 600,
    fires: [],
  },
  {
    name: "more than ten activations an hour, of every kind together, is a warning",
    alert: "CircuitBreakerOpen",
    series: { [overflow]: "0+0x6 8+0x180", [ejected]: "0+0x6 8+0x180" },
    at: 600,
    fires: [{ severity: "warning", labels: { service: "encoder" }, value: "16" }],
  },
  {
    name: "hundreds are critical as well",
    alert: "CircuitBreakerOpen",
    series: { [overflow]: "0+0x6 500+0x180" },
    at: 600,
    fires: [
      { severity: "warning", labels: { service: "encoder" }, value: "500" },
      { severity: "critical", labels: { service: "encoder" }, value: "500" },
    ],
  },
  {
    name: "a few are in order, and retries that were held back do not count",
    alert: "CircuitBreakerOpen",
    series: {
      [overflow]: "0+0x6 4+0x180",
      'envoy_cluster_upstream_rq_retry_overflow{envoy_cluster_name="encoder"}': counter(1),
    },
    at: 600,
    fires: [],
  },
];

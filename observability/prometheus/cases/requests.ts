import { counter, histogram, type RuleCase } from "../rule-tests.ts";

const rpc = (service: string, code: string) =>
  `rpc_server_requests_total{service="${service}",rpc_service="flashfit.fusion.v1.FusionService",method="Recommend",code="${code}"}`;
const answers = (service: string, answerClass: number) =>
  `envoy_cluster_upstream_rq_xx{envoy_cluster_name="${service}",envoy_response_code_class="${answerClass}",service="envoy"}`;
const BUCKETS = [0.25, 0.5, 1, 2.5, 5, 10, 30];
const requests = (endpoint: string, perSecond: number, value: number) => ({
  [`http_requests_total{service="fusion",method="POST",endpoint="${endpoint}",status="200"}`]: counter(perSecond),
  ...histogram("http_request_duration_seconds", `service="fusion",method="POST",endpoint="${endpoint}",status="200"`, {
    perSecond,
    value,
    buckets: BUCKETS,
  }),
});
const RECOMMEND = "/flashfit.fusion.v1.FusionService/Recommend";
const search = (value: number) =>
  histogram("faiss_search_duration_seconds", 'service="index",index="clip_fashion",engine="flat"', {
    perSecond: 1,
    value,
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  });
const degraded = (part: string, perSecond: number) => ({
  [`fusion_degraded_total{service="fusion",part="${part}"}`]: counter(perSecond),
});
const fusion = { service: "fusion" };

export const requestsCases: RuleCase[] = [
  {
    name: "one call in ten is a warning",
    alert: "HighErrorRate",
    series: { [rpc("fusion", "ok")]: counter(9), [rpc("fusion", "internal")]: counter(1) },
    at: 420,
    fires: [{ severity: "warning", labels: fusion, value: "10%" }],
  },
  {
    name: "one call in two is critical as well",
    alert: "HighErrorRate",
    series: { [rpc("fusion", "ok")]: counter(1), [rpc("fusion", "unavailable")]: counter(1) },
    at: 420,
    fires: [
      { severity: "warning", labels: fusion, value: "50%" },
      { severity: "critical", labels: fusion, value: "50%" },
    ],
  },
  {
    name: "a single failure at night is no trend",
    alert: "HighErrorRate",
    series: { [rpc("fusion", "ok")]: counter(0.01), [rpc("fusion", "internal")]: counter(0.01) },
    at: 420,
    fires: [],
  },
  {
    name: "what callers got wrong does not count",
    alert: "HighErrorRate",
    series: { [rpc("fusion", "ok")]: counter(1), [rpc("fusion", "invalid_argument")]: counter(5) },
    at: 420,
    fires: [],
  },
  {
    name: "nine good answers in ten are a warning",
    alert: "LowSuccessRate",
    series: { [answers("fusion", 2)]: counter(9), [answers("fusion", 5)]: counter(1) },
    at: 420,
    fires: [{ severity: "warning", labels: fusion, value: "90%" }],
  },
  {
    name: "none at all is critical as well",
    alert: "LowSuccessRate",
    series: { [answers("fusion", 5)]: counter(1) },
    at: 420,
    fires: [
      { severity: "warning", labels: fusion, value: "0%" },
      { severity: "critical", labels: fusion, value: "0%" },
    ],
  },
  {
    name: "refusals are not failures",
    alert: "LowSuccessRate",
    series: { [answers("fusion", 2)]: counter(1), [answers("fusion", 4)]: counter(5) },
    at: 420,
    fires: [],
  },
  {
    name: "3 s on average are a warning",
    alert: "SlowResponses",
    series: requests(RECOMMEND, 1, 3),
    at: 420,
    fires: [{ severity: "warning", labels: fusion, value: "3.0" }],
  },
  {
    name: "8 s are critical as well, and quick health checks do not hide it",
    alert: "SlowResponses",
    series: { ...requests(RECOMMEND, 1, 8), ...requests("/healthz", 100, 0.001) },
    at: 420,
    fires: [
      { severity: "warning", labels: fusion, value: "8.0" },
      { severity: "critical", labels: fusion, value: "8.0" },
    ],
  },
  {
    name: "half a second is in order, and one slow call at night too",
    alert: "SlowResponses",
    series: { ...requests(RECOMMEND, 1, 0.5) },
    at: 420,
    fires: [],
  },
  {
    name: "nearly no traffic says nothing",
    alert: "SlowResponses",
    series: requests(RECOMMEND, 0.05, 20),
    at: 420,
    fires: [],
  },
  {
    name: "4 s are a warning",
    alert: "SlowP95",
    series: requests(RECOMMEND, 1, 4),
    at: 420,
    fires: [{ severity: "warning", labels: fusion, value: "4.9" }],
  },
  {
    name: "8 s are critical as well",
    alert: "SlowP95",
    series: requests(RECOMMEND, 1, 8),
    at: 420,
    fires: [
      { severity: "warning", labels: fusion, value: "9.8" },
      { severity: "critical", labels: fusion, value: "9.8" },
    ],
  },
  { name: "1 s is in order", alert: "SlowP95", series: requests(RECOMMEND, 1, 1), at: 420, fires: [] },
  {
    name: "a quarter of a second is a warning",
    alert: "SlowSearch",
    series: search(0.2),
    at: 420,
    fires: [{ severity: "warning", labels: { service: "index", index: "clip_fashion" }, value: "242.5ms" }],
  },
  {
    name: "a second is critical as well",
    alert: "SlowSearch",
    series: search(0.9),
    at: 420,
    fires: [
      { severity: "warning", labels: { service: "index", index: "clip_fashion" }, value: "975ms" },
      { severity: "critical", labels: { service: "index", index: "clip_fashion" }, value: "975ms" },
    ],
  },
  { name: "10 ms are in order", alert: "SlowSearch", series: search(0.009), at: 420, fires: [] },
  {
    name: "one answer in ten without Feedback is a warning, models count as Encoder's",
    alert: "DegradedAnswers",
    series: {
      [rpc("fusion", "ok")]: counter(10),
      ...degraded("feedback", 1),
      ...degraded("model:blip", 2),
      ...degraded("index:behind", 0.1),
    },
    at: 420,
    fires: [
      { severity: "warning", labels: { service: "feedback" }, value: "10%" },
      { severity: "warning", labels: { service: "encoder" }, value: "20%" },
    ],
  },
  {
    name: "most answers without an index are critical as well",
    alert: "DegradedAnswers",
    series: { [rpc("fusion", "ok")]: counter(10), ...degraded("index:clip_fashion", 8) },
    at: 420,
    fires: [
      { severity: "warning", labels: { service: "index" }, value: "80%" },
      { severity: "critical", labels: { service: "index" }, value: "80%" },
    ],
  },
  {
    name: "complete answers are in order, and so are two that were not at night",
    alert: "DegradedAnswers",
    series: { [rpc("fusion", "ok")]: counter(0.01), ...degraded("feedback", 0.01) },
    at: 420,
    fires: [],
  },
];

/** A question that is not answered with data in a mesh that is well. */
export interface Exception {
  /** `silent`: an answer would be a fault. `perhaps`: both are fine, it depends on more than the mesh. */
  outcome: "silent" | "perhaps";
  why: string;
}

const busy: Exception = { outcome: "perhaps", why: "the machine of a test may be busy with other things" };
const slow: Exception = { outcome: "perhaps", why: "a busy machine is slow" };
const noneDegraded: Exception = { outcome: "perhaps", why: "counted from the first degraded answer on" };
const noneFailed: Exception = { outcome: "silent", why: "counted from the first failed inference on" };
const noneRefused: Exception = { outcome: "perhaps", why: "counted from the first refusal of the Encoder on" };
const noneShared: Exception = { outcome: "perhaps", why: "counted from the first equal work at the same time on" };
const noQueryFailed: Exception = { outcome: "perhaps", why: "counted from the first failed statement on" };
const noServerFault: Exception = { outcome: "perhaps", why: "counted from the first failure of a service on" };
const seldomSent: Exception = {
  outcome: "perhaps",
  why: "Prometheus tells Alertmanager of a firing alert once a minute, and Alertmanager tells nobody here",
};
const present: Exception = { outcome: "silent", why: "absent() of what is there" };

const noAnswers: Exception = { outcome: "perhaps", why: "known from the first answer to a recommendation on" };
const littleEvidence: Exception = { outcome: "perhaps", why: "known from 30 recommendations of people on" };
const noSnapshotYet: Exception = { outcome: "perhaps", why: "known from the first snapshot on" };
const nothingFell: Exception = { outcome: "silent", why: "no service was down" };

const connectionTrouble = 'database_queries_total{code=~"(08|53|57|58).*|CONNECT.*|ECONN.*|EPIPE|ETIMEDOUT|ENOTFOUND"}';

/** Every exception, by the name of its case. All other alerts are silent, all other questions have data. */
export const exceptions: Record<string, Exception> = {
  "HighCpu warning": busy,
  "HighCpu critical": busy,
  "HighMemory warning": busy,
  "HighMemory critical": busy,
  "DiskFull warning": busy,
  "DiskFull critical": busy,
  "MonitoringDiskFull warning": busy,
  "MonitoringDiskFull critical": busy,
  "SlowResponses warning": slow,
  "SlowP95 warning": slow,
  "SlowSearch warning": slow,
  "DegradedAnswers warning": noneDegraded,

  // Of alerts that compare what has not been counted yet.
  "DegradedAnswers warning, part 1": noneDegraded,
  "DegradedAnswers critical, part 1": noneDegraded,
  "DatabaseTrouble warning, part 1": noQueryFailed,
  "DatabaseTrouble critical, part 1": noQueryFailed,
  "PrometheusTrouble warning delivery, part 1": seldomSent,
  "PrometheusTrouble warning delivery, part 2": seldomSent,
  "FaissIndexUnhealthy critical 2, part 2": present,
  "ServiceWasDown none, part 1": nothingFell,
  'series ALERTS{alertname="ServiceDown",alertstate="firing"}': nothingFell,

  "faiss-indices: Snapshot age: A": noSnapshotYet,
  "faiss-indices: Snapshot size: A": noSnapshotYet,
  "faiss-indices: Snapshot time: A": noSnapshotYet,
  "series faiss_snapshot_age_seconds": noSnapshotYet,
  "series faiss_snapshot_size_bytes": noSnapshotYet,
  "series faiss_snapshot_write_seconds": noSnapshotYet,

  "policies: Negative share by policy: A": noAnswers,
  "policies: What each policy would earn: A": littleEvidence,
  "series feedback_policy_value": littleEvidence,

  "ml-models: Degraded answers by part: B": noneDegraded,
  "series fusion_degraded_total": noneDegraded,
  "ml-models: Inference failures: B": noneFailed,
  "series model_inference_failures_total": noneFailed,
  "ml-models: Encoder refusals: B": noneRefused,
  "series encoder_refusals_total": noneRefused,
  "ml-models: Shared work: A": noneShared,
  "series encoder_cache_shared_total": noneShared,
  "api-performance: Failed queries: B": noQueryFailed,
  'series database_queries_total{service=~".*",code!="ok"}': noQueryFailed,
  [`series ${connectionTrouble}`]: noQueryFailed,
  'series rpc_server_requests_total{rpc_service=~"flashfit[.].*",code=~"unknown|internal|unavailable|data_loss|deadline_exceeded|unimplemented"}':
    noServerFault,
  'series envoy_cluster_upstream_rq_xx{envoy_cluster_name=~"encoder|index|fusion|feedback|web",envoy_response_code_class="5"}':
    noServerFault,
};

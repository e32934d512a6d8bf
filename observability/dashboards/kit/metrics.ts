const runtime = [
  "process_cpu_seconds_total",
  "process_resident_memory_bytes",
  "nodejs_eventloop_lag_p50_seconds",
  "nodejs_eventloop_lag_p99_seconds",
  "nodejs_heap_size_used_bytes",
  "nodejs_external_memory_bytes",
];

const http = ["http_requests_total", ...histogram("http_request_duration_seconds")];

const rpc = [
  "rpc_server_requests_total",
  "rpc_server_in_flight",
  ...histogram("rpc_server_duration_seconds"),
  ...histogram("rpc_server_request_bytes"),
  ...histogram("rpc_server_response_bytes"),
  ...histogram("rpc_client_duration_seconds"),
];

const database = [
  "database_queries_total",
  "database_queries_in_flight",
  "database_pool_size",
  "database_connections_closed_total",
  ...histogram("database_query_duration_seconds"),
];

const encoder = [
  ...histogram("model_inference_duration_seconds"),
  ...histogram("photo_upload_bytes"),
  ...histogram("encoder_batch_size"),
  ...histogram("captioner_seconds"),
  "captioner_tokens_total",
  "encoder_queue_depth",
  "encoder_refusals_total",
  "encoder_computed_expired_total",
  "encoder_overtaken_total",
  "encoder_cache_shared_total",
  "model_inference_failures_total",
  "model_loaded",
  "photo_uploads_total",
  "encoder_cache_lookups_total",
  "cache_requests_total",
];

const index = [
  ...histogram("faiss_search_duration_seconds"),
  "faiss_index_vector_count",
  "faiss_index_size_bytes",
  "faiss_index_health_score",
  "faiss_index_health_part",
  "faiss_index_tombstones",
  "faiss_index_graph_rows",
  "faiss_index_delta_rows",
  "faiss_index_rebuilding",
  "faiss_index_info",
  "faiss_index_failures_total",
  "faiss_index_rebuild_duration_seconds_sum",
  "faiss_index_recall",
  "faiss_index_graph_recall",
  "faiss_index_graph_recall_low",
  "faiss_index_graph_recall_high",
  "faiss_index_recall_samples",
  "faiss_recall_samples_total",
  "faiss_memory_usage_bytes",
  "faiss_memory_part_bytes",
  "faiss_snapshot_age_seconds",
  "faiss_snapshot_size_bytes",
  "faiss_snapshot_write_seconds",
  "faiss_snapshots_total",
  "index_applied_seq",
  "index_replication_lag",
  "index_tail_connected",
  "index_peers",
  "index_behind_peers",
];

const fusion = [
  ...histogram("fusion_stage_duration_seconds"),
  "fusion_degraded_total",
  "fusion_learning_connected",
  "fusion_learning_seq",
  "fusion_learning_age_seconds",
  "fusion_profile_requests_total",
  "fusion_profile_cache_entries",
  "fusion_item_requests_total",
  "fusion_item_cache_bytes",
];

const feedback = [
  "feedback_events_total",
  ...histogram("feedback_commit_rows"),
  ...histogram("feedback_commit_duration_seconds"),
  "feedback_rows_waiting",
  ...histogram("feedback_learn_duration_seconds"),
  "feedback_learned_entries_total",
  "feedback_learner_active",
  "feedback_learner_lag_entries",
  "feedback_learner_staleness_seconds",
  "feedback_prior_drift",
  "feedback_policy_share_percent",
  "feedback_policy_people",
  "feedback_policy_recommendations",
  "feedback_policy_answers",
  "feedback_policy_value",
];

const monitor = [
  "flashfit_cpu_usage_percent",
  "flashfit_memory_usage_percent",
  "flashfit_disk_usage_percent",
  "flashfit_service_health_status",
  "flashfit_redis_up",
  "flashfit_redis_connected_clients",
  "flashfit_redis_used_memory_bytes",
  "flashfit_redis_max_memory_bytes",
  "flashfit_redis_keyspace_hits_total",
  "flashfit_redis_keyspace_misses_total",
  "flashfit_redis_evicted_keys_total",
  "flashfit_postgres_up",
  "flashfit_postgres_connections",
  "flashfit_postgres_max_connections",
  "flashfit_postgres_database_size_bytes",
  "flashfit_active_alerts_total",
  "flashfit_metrics_collected_total",
];

const envoy = [
  ...histogram("envoy_http_downstream_rq_time"),
  ...histogram("envoy_cluster_upstream_rq_time"),
  "envoy_http_downstream_rq_xx",
  "envoy_http_downstream_rq_active",
  "envoy_http_downstream_cx_active",
  "envoy_http_downstream_cx_rx_bytes_total",
  "envoy_http_downstream_cx_tx_bytes_total",
  "envoy_http_local_rate_limit_rate_limited",
  "envoy_cluster_upstream_rq_retry",
  "envoy_cluster_upstream_rq_retry_success",
  "envoy_cluster_upstream_rq_timeout",
  "envoy_cluster_membership_healthy",
  "envoy_cluster_circuit_breakers_default_cx_open",
  "envoy_cluster_circuit_breakers_default_rq_open",
  "envoy_cluster_circuit_breakers_default_rq_pending_open",
  "envoy_cluster_circuit_breakers_default_rq_retry_open",
  "envoy_server_memory_heap_size",
];

const prometheus = ["up", "ALERTS"];

/** What panels may ask for, by what exports it. Series that rules record are known from the rules. */
export const knownMetrics: ReadonlySet<string> = new Set(
  [runtime, http, rpc, database, encoder, index, fusion, feedback, monitor, envoy, prometheus].flat(),
);

function histogram(name: string): string[] {
  return ["bucket", "sum", "count"].map((part) => `${name}_${part}`);
}

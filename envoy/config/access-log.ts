import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import {
  type AccessLogSchema,
  ComparisonFilter_Op,
  GrpcStatusFilter_Status,
} from "../../gen/envoy-api/envoy/config/accesslog/v3/accesslog_pb.ts";
import { StdoutAccessLogSchema } from "../../gen/envoy-api/envoy/extensions/access_loggers/stream/v3/stream_pb.ts";
import { extension, typed } from "./json.ts";
import { all, header, type LogFilter } from "./log-filter.ts";

const fields: JsonObject = {
  time: "%START_TIME%",
  request_id: "%REQ(X-REQUEST-ID)%",
  trace: "%REQ(TRACEPARENT)%",
  client: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
  peer: "%DOWNSTREAM_PEER_URI_SAN%",
  protocol: "%PROTOCOL%",
  method: "%REQ(:METHOD)%",
  path: "%PATH(NQ:ORIG_OR_PATH)%",
  route: "%ROUTE_NAME%",
  status: "%RESPONSE_CODE%",
  grpc_status: "%GRPC_STATUS%",
  details: "%RESPONSE_CODE_DETAILS%",
  flags: "%RESPONSE_FLAGS%",
  bytes_received: "%BYTES_RECEIVED%",
  bytes_sent: "%BYTES_SENT%",
  duration_ms: "%DURATION%",
  tries: "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
  upstream: "%UPSTREAM_HOST%",
};

/** Which calls are logged: each, or those that say something, and a sample of the others. */
export type Logged = "all" | "telling";

/** Of calls that say nothing one in so many is logged: the same calls everywhere, for it is drawn by their request id. */
const SAMPLED_PERCENT = 1;
/** A call says something from here on, milliseconds. */
const SLOW_MS = 1000;

/** One JSON line on stdout for each call, health checks and looks at /health and /ready left out. Query strings, which may hold data, are not logged. */
export function jsonAccessLog(listener: string, logged: Logged = "all"): MessageInitShape<typeof AccessLogSchema> {
  const log = extension(
    "envoy.access_loggers.stdout",
    typed(StdoutAccessLogSchema, {
      accessLogFormat: {
        case: "logFormat",
        value: { format: { case: "jsonFormat", value: { event: "access", listener, ...fields } } },
      },
    }),
  );
  const noHealthCheck: LogFilter = { filterSpecifier: { case: "notHealthCheckFilter", value: {} } };
  const notLookedAt = ["/health", "/ready"].map((value) =>
    header({ name: ":path", how: "exact", value, invertMatch: true }),
  );
  const filters = [noHealthCheck, ...notLookedAt];
  return { ...log, filter: all(logged === "all" ? filters : [...filters, telling()]) };
}

/** Failed, cut off, slow, or drawn. */
function telling(): LogFilter {
  const atLeast = (defaultValue: number, runtimeKey: string) => ({
    comparison: { op: ComparisonFilter_Op.GE, value: { defaultValue, runtimeKey } },
  });
  // Only gRPC has a status beside HTTP's; of other answers Envoy would infer one.
  const notOk: LogFilter = {
    filterSpecifier: {
      case: "grpcStatusFilter",
      value: { statuses: [GrpcStatusFilter_Status.OK], exclude: true },
    },
  };
  const filters: LogFilter[] = [
    { filterSpecifier: { case: "statusCodeFilter", value: atLeast(400, "access_log.status") } },
    all([header({ name: "content-type", how: "prefix", value: "application/grpc" }), notOk]),
    { filterSpecifier: { case: "responseFlagFilter", value: {} } },
    { filterSpecifier: { case: "durationFilter", value: atLeast(SLOW_MS, "access_log.slow_ms") } },
    {
      filterSpecifier: {
        case: "runtimeFilter",
        value: { runtimeKey: "access_log.sampled", percentSampled: { numerator: SAMPLED_PERCENT } },
      },
    },
  ];
  return { filterSpecifier: { case: "orFilter", value: { filters } } };
}

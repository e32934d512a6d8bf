import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import type {
  AccessLogFilterSchema,
  AccessLogSchema,
} from "../../gen/envoy-api/envoy/config/accesslog/v3/accesslog_pb.ts";
import { StdoutAccessLogSchema } from "../../gen/envoy-api/envoy/extensions/access_loggers/stream/v3/stream_pb.ts";
import { extension, typed } from "./json.ts";

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

/** One JSON line on stdout for each call, health checks and looks at /health and /ready left out. Query strings, which may hold data, are not logged. */
export function jsonAccessLog(listener: string): MessageInitShape<typeof AccessLogSchema> {
  const log = extension(
    "envoy.access_loggers.stdout",
    typed(StdoutAccessLogSchema, {
      accessLogFormat: {
        case: "logFormat",
        value: { format: { case: "jsonFormat", value: { event: "access", listener, ...fields } } },
      },
    }),
  );
  const filters = [
    { filterSpecifier: { case: "notHealthCheckFilter" as const, value: {} } },
    notPath("^/(health|ready)$"),
  ];
  return { ...log, filter: { filterSpecifier: { case: "andFilter", value: { filters } } } };
}

function notPath(regex: string): MessageInitShape<typeof AccessLogFilterSchema> {
  const matchPattern = { case: "safeRegex" as const, value: { regex } };
  const header = {
    name: ":path",
    invertMatch: true,
    headerMatchSpecifier: { case: "stringMatch" as const, value: { matchPattern } },
  };
  return { filterSpecifier: { case: "headerFilter", value: { header } } };
}

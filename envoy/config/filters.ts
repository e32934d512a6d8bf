import { create, type DescService, type MessageInitShape } from "@bufbuild/protobuf";
import { GzipSchema } from "../../gen/envoy-api/envoy/extensions/compression/gzip/compressor/v3/gzip_pb.ts";
import {
  BufferPerRouteSchema,
  BufferSchema,
} from "../../gen/envoy-api/envoy/extensions/filters/http/buffer/v3/buffer_pb.ts";
import { CompressorSchema } from "../../gen/envoy-api/envoy/extensions/filters/http/compressor/v3/compressor_pb.ts";
import { CorsPolicySchema, CorsSchema } from "../../gen/envoy-api/envoy/extensions/filters/http/cors/v3/cors_pb.ts";
import { FilterConfigSchema } from "../../gen/envoy-api/envoy/extensions/filters/http/grpc_stats/v3/config_pb.ts";
import { HealthCheckSchema } from "../../gen/envoy-api/envoy/extensions/filters/http/health_check/v3/health_check_pb.ts";
import { RouterSchema } from "../../gen/envoy-api/envoy/extensions/filters/http/router/v3/router_pb.ts";
import type { HttpFilterSchema } from "../../gen/envoy-api/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { extension, typed } from "./json.ts";

export type HttpFilter = MessageInitShape<typeof HttpFilterSchema>;

/** The last filter of every chain: passes the call on. */
export function router(): HttpFilter {
  return extension("envoy.filters.http.router", typed(RouterSchema, { suppressEnvoyHeaders: true }));
}

/** Answers `path` with 200 while each of the clusters has a healthy host, else with 503. */
export function readiness(path: string, clusters: string[]): HttpFilter {
  const value = typed(HealthCheckSchema, {
    passThroughMode: false,
    clusterMinHealthyPercentages: Object.fromEntries(clusters.map((name) => [name, { value: 1 }])),
    headers: [
      {
        name: ":path",
        headerMatchSpecifier: { case: "stringMatch", value: { matchPattern: { case: "exact", value: path } } },
      },
    ],
  });
  return extension("envoy.filters.http.health_check", value);
}

const WHOLE_REQUEST = "envoy.filters.http.buffer";

/** Passes a request on when all of it has come, on the routes that ask for it by {@link wholeRequestOf}. */
export function wholeRequest(): HttpFilter {
  return { ...extension(WHOLE_REQUEST, typed(BufferSchema, { maxRequestBytes: 1 })), disabled: true };
}

/** For a route's `typedPerFilterConfig`: a request of more than `maxBytes` is answered 413. */
export function wholeRequestOf(maxBytes: number) {
  const buffer = create(BufferSchema, { maxRequestBytes: maxBytes });
  return { [WHOLE_REQUEST]: typed(BufferPerRouteSchema, { override: { case: "buffer", value: buffer } }) };
}

export function cors(): HttpFilter {
  return extension("envoy.filters.http.cors", typed(CorsSchema));
}

/** For a virtual host's `typedPerFilterConfig`. The headers are those of Connect and gRPC-Web. */
export function corsPolicy(origins: string[]) {
  const policy = typed(CorsPolicySchema, {
    allowOriginStringMatch: origins.map((origin) => ({ matchPattern: { case: "exact" as const, value: origin } })),
    allowMethods: "GET, POST, DELETE, OPTIONS",
    allowHeaders:
      "authorization, content-type, connect-protocol-version, connect-timeout-ms, grpc-timeout, x-grpc-web, x-user-agent, x-request-id, traceparent",
    exposeHeaders: "grpc-status, grpc-message, grpc-status-details-bin, retry-after, x-request-id",
    maxAge: "7200",
  });
  return { "envoy.filters.http.cors": policy };
}

/** Compresses JSON answers from 1 KB on, for callers that take gzip. */
export function gzipJson(): HttpFilter {
  const json = { matchPattern: { case: "prefix" as const, value: "application/json" } };
  const value = typed(CompressorSchema, {
    compressorLibrary: { name: "gzip", typedConfig: typed(GzipSchema) },
    responseDirectionConfig: { commonConfig: { minContentLength: 1024, contentTypeMatcher: [json] } },
  });
  return extension("envoy.filters.http.compressor", value);
}

/** Counts calls and their status by method. Only known methods: a caller cannot make new counters. */
export function grpcStats(services: readonly DescService[]): HttpFilter {
  const value = typed(FilterConfigSchema, {
    emitFilterState: true,
    enableUpstreamStats: true,
    replaceDotsInGrpcServiceName: true,
    perMethodStatSpecifier: {
      case: "individualMethodStatsAllowlist",
      value: {
        services: services.map(({ typeName, methods }) => ({
          name: typeName,
          methodNames: methods.map(({ name }) => name),
        })),
      },
    },
  });
  return extension("envoy.filters.http.grpc_stats", value);
}

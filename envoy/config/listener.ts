import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { TransportSocketSchema } from "../../gen/envoy-api/envoy/config/core/v3/base_pb.ts";
import { type Listener, ListenerSchema } from "../../gen/envoy-api/envoy/config/listener/v3/listener_pb.ts";
import type { RouteConfiguration } from "../../gen/envoy-api/envoy/config/route/v3/route_pb.ts";
import {
  HttpConnectionManager_CodecType,
  HttpConnectionManager_ServerHeaderTransformation,
  HttpConnectionManagerSchema,
} from "../../gen/envoy-api/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { jsonAccessLog, type Logged } from "./access-log.ts";
import { type HostPort, socketAddress } from "./address.ts";
import { type HttpFilter, router } from "./filters.ts";
import { extension, seconds, typed } from "./json.ts";
import { localReplies } from "./local-reply.ts";

export interface HttpListenerOptions {
  name: string;
  address: HostPort;
  routes: RouteConfiguration;
  /** Default: plaintext. */
  transportSocket?: MessageInitShape<typeof TransportSocketSchema>;
  /** In front of the router, in this order. */
  filters?: HttpFilter[];
  /**
   * Whether callers are strangers: then their address is what counts as the client, and `x-envoy-*` and
   * `x-forwarded-for` from them are not believed. Default true.
   */
  outside?: boolean;
  /** Calls in the access log. Default: all. */
  logged?: Logged;
  /** Bytes kept per stream for retries before back-pressure sets in. Default 1 MiB. */
  bufferBytes?: number;
}

/**
 * Calls at once on one connection. One more waits within the caller, where nobody counts it and its deadline does not begin;
 * so this is more than a service that computes can have in hand.
 */
const MAX_STREAMS = 512;

/** A listener for HTTP/1.1 and HTTP/2, with a JSON access log and answers in the caller's protocol. */
export function httpListener(options: HttpListenerOptions): Listener {
  const { name, address, routes, transportSocket, filters = [], outside = true, bufferBytes = 1 << 20 } = options;
  const manager = typed(HttpConnectionManagerSchema, {
    codecType: HttpConnectionManager_CodecType.AUTO,
    statPrefix: name,
    routeSpecifier: { case: "routeConfig", value: routes },
    httpFilters: [...filters, router()],
    accessLog: [jsonAccessLog(name, options.logged)],
    localReplyConfig: localReplies(),
    useRemoteAddress: outside,
    internalAddressConfig: {}, // no address is trusted for being private
    preserveExternalRequestId: true,
    alwaysSetRequestIdInResponse: true,
    serverHeaderTransformation: HttpConnectionManager_ServerHeaderTransformation.PASS_THROUGH,
    normalizePath: true,
    mergeSlashes: true,
    streamIdleTimeout: seconds(300),
    requestHeadersTimeout: seconds(10),
    maxRequestHeadersKb: 32,
    commonHttpProtocolOptions: { idleTimeout: seconds(3600), maxHeadersCount: 100 },
    http2ProtocolOptions: {
      maxConcurrentStreams: MAX_STREAMS,
      initialStreamWindowSize: 1 << 20,
      initialConnectionWindowSize: 1 << 22,
    },
  });
  return create(ListenerSchema, {
    name,
    address: socketAddress(address),
    perConnectionBufferLimitBytes: bufferBytes,
    filterChains: [
      {
        filters: [extension("envoy.filters.network.http_connection_manager", manager)],
        ...(transportSocket ? { transportSocket } : {}),
        ...(transportSocket ? { transportSocketConnectTimeout: seconds(10) } : {}),
      },
    ],
  });
}

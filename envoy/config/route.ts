import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { HeaderValueOption_HeaderAppendAction } from "../../gen/envoy-api/envoy/config/core/v3/base_pb.ts";
import {
  RedirectAction_RedirectResponseCode,
  type RetryPolicy,
  type Route,
  type RouteActionSchema,
  type RouteMatchSchema,
  RouteSchema,
} from "../../gen/envoy-api/envoy/config/route/v3/route_components_pb.ts";
import { seconds } from "./json.ts";

/** How a call is passed on. */
export interface CallOptions {
  cluster: string;
  /** Longest time for the whole answer, all tries together, in seconds; 0: none, for streams. */
  timeout: number;
  /** Only for calls that may be repeated. */
  retry?: RetryPolicy;
}

/** One RPC, by its full path `/package.Service/Method`. */
export function methodRoute(path: string, options: CallOptions): Route {
  return callRoute(path, { pathSpecifier: { case: "path", value: path } }, options);
}

/** All RPCs below a prefix such as `/package.Service/`. */
export function prefixRoute(prefix: string, options: CallOptions): Route {
  return callRoute(prefix, { pathSpecifier: { case: "prefix", value: prefix } }, options);
}

export interface RestRoute {
  method: "GET" | "POST";
  /** What the caller writes, for example `/api/wardrobe`. */
  path: string;
  /** The RPC that answers, `/package.Service/Method`. */
  rpc: string;
}

/** A plain path in front of an RPC that takes and returns JSON; query parameters stay. */
export function restRoute({ method, path, rpc }: RestRoute, options: CallOptions): Route {
  const match: MessageInitShape<typeof RouteMatchSchema> = {
    pathSpecifier: { case: "path", value: path },
    headers: [{ name: ":method", headerMatchSpecifier: exact(method) }],
  };
  const route = callRoute(`${method} ${path}`, match, options, {
    regexRewrite: { pattern: { regex: "^[^?]*" }, substitution: rpc },
  });
  if (method === "POST") {
    route.requestHeadersToAdd = create(RouteSchema, {
      requestHeadersToAdd: [
        {
          header: { key: "connect-protocol-version", value: "1" },
          appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
        },
      ],
    }).requestHeadersToAdd;
  }
  return route;
}

/** Sends everything to the same path on HTTPS, keeping method and body (308). */
export function httpsRedirect(port: number): Route {
  return create(RouteSchema, {
    name: "https",
    match: { pathSpecifier: { case: "prefix", value: "/" } },
    action: {
      case: "redirect",
      value: {
        schemeRewriteSpecifier: { case: "httpsRedirect", value: true },
        portRedirect: port,
        responseCode: RedirectAction_RedirectResponseCode.PERMANENT_REDIRECT,
      },
    },
  });
}

function callRoute(
  name: string,
  match: MessageInitShape<typeof RouteMatchSchema>,
  { cluster, timeout, retry }: CallOptions,
  extra: MessageInitShape<typeof RouteActionSchema> = {},
): Route {
  return create(RouteSchema, {
    name,
    match,
    action: {
      case: "route",
      value: {
        clusterSpecifier: { case: "cluster", value: cluster },
        timeout: seconds(timeout),
        // 0: a caller's grpc-timeout is taken as it is, however long.
        maxStreamDuration: { grpcTimeoutHeaderMax: seconds(0) },
        ...(retry ? { retryPolicy: retry } : {}),
        ...(extra as object),
      },
    },
  });
}

function exact(value: string) {
  return { case: "stringMatch" as const, value: { matchPattern: { case: "exact" as const, value } } };
}

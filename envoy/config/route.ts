import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { RoutingPriority } from "../../gen/envoy-api/envoy/config/core/v3/base_pb.ts";
import {
  type RateLimitSchema,
  RedirectAction_RedirectResponseCode,
  type RetryPolicy,
  type Route,
  type RouteActionSchema,
  type RouteMatchSchema,
  RouteSchema,
} from "../../gen/envoy-api/envoy/config/route/v3/route_components_pb.ts";
import { wholeRequestOf } from "./filters.ts";
import { overwritten } from "./headers.ts";
import { seconds } from "./json.ts";

/** How a call is passed on. */
export interface CallOptions {
  cluster: string;
  /** Longest time for the whole answer, all tries together, in seconds; 0: none, for streams. */
  timeout: number;
  /** Only for calls that may be repeated. */
  retry?: RetryPolicy;
  /** Counted by these in place of the virtual host's. */
  rateLimits?: MessageInitShape<typeof RateLimitSchema>[];
  /** Not counted among the calls of which the cluster takes only so many at once. Default false. */
  ahead?: boolean;
  /**
   * Passed on when all of the request has come, at most this many bytes. Refused before, its stream would be reset, and a
   * caller who still sends takes that for the answer. Undefined: passed on as it comes.
   */
  wholeBytes?: number | undefined;
}

/** One RPC, by its full path `/package.Service/Method`. */
export function methodRoute(path: string, options: CallOptions): Route {
  return callRoute(path, { pathSpecifier: { case: "path", value: path } }, options);
}

/** All RPCs below a prefix such as `/package.Service/`. */
export function prefixRoute(prefix: string, options: CallOptions): Route {
  return callRoute(prefix, { pathSpecifier: { case: "prefix", value: prefix } }, options);
}

/** One RPC for the one of several processes that a header names. */
export function methodRouteByHeader(path: string, header: [string, string], options: CallOptions): Route {
  const [name, value] = header;
  const headers = [{ name, headerMatchSpecifier: exact(value) }];
  return callRoute(`${path} ${value}`, { pathSpecifier: { case: "path", value: path }, headers }, options);
}

/** One path that is no RPC. */
export function pageRoute(path: string, options: CallOptions): Route {
  return callRoute(path, { pathSpecifier: { case: "path", value: path } }, options);
}

/** A path and everything below it: `/app` and `/app/x`, not `/apple`. */
export function pagesRoute(path: string, options: CallOptions): Route {
  return callRoute(`${path}/`, { pathSpecifier: { case: "pathSeparatedPrefix", value: path } }, options);
}

/** Sends one path to another one of the same site (302). */
export function redirectRoute(from: string, to: string): Route {
  return create(RouteSchema, {
    name: `${from} to ${to}`,
    match: { pathSpecifier: { case: "path", value: from } },
    action: {
      case: "redirect",
      value: {
        pathRewriteSpecifier: { case: "pathRedirect", value: to },
        responseCode: RedirectAction_RedirectResponseCode.FOUND,
      },
    },
  });
}

export interface RestRoute {
  method: "GET" | "POST" | "DELETE";
  /** What the caller writes, for example `/api/wardrobe`; one part may be a parameter of the RPC: `/api/wardrobe/{id}`. */
  path: string;
  /** The RPC that answers, `/package.Service/Method`. */
  rpc: string;
}

/** A plain path in front of an RPC that takes and returns JSON; query parameters stay. */
export function restRoute({ method, path, rpc }: RestRoute, options: CallOptions): Route {
  const [before = "", name, after = ""] = path.split(/\{(\w+)\}/);
  // The part of the path becomes a query parameter, the caller's own query follows it (Envoy rewrites paths alone). Given in
  // both, it stands there twice and is refused.
  const rewrite =
    name === undefined
      ? { regex: "^[^?]*", substitution: rpc }
      : { regex: `^${before}([^/?]+)${after}`, substitution: `${rpc}?${name}=\\1&` };
  const match: MessageInitShape<typeof RouteMatchSchema> = {
    pathSpecifier:
      name === undefined
        ? { case: "path", value: path }
        : { case: "safeRegex", value: { regex: `${before}[^/?]+${after}` } },
    headers: [{ name: ":method", headerMatchSpecifier: exact(method) }],
  };
  const route = callRoute(`${method} ${path}`, match, options, {
    regexRewrite: { pattern: { regex: rewrite.regex }, substitution: rewrite.substitution },
  });
  if (method === "POST") {
    route.requestHeadersToAdd = create(RouteSchema, {
      requestHeadersToAdd: [overwritten("connect-protocol-version", "1")],
    }).requestHeadersToAdd;
  }
  return route;
}

/** Answers as if there were no such path (404; UNIMPLEMENTED to a gRPC caller), whatever the routes behind it say. */
export function hiddenRoute(path: string): Route {
  return create(RouteSchema, {
    name: `no ${path}`,
    match: { pathSpecifier: { case: "path", value: path } },
    action: { case: "directResponse", value: { status: 404 } },
  });
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
  { cluster, timeout, retry, rateLimits = [], ahead = false, wholeBytes }: CallOptions,
  extra: MessageInitShape<typeof RouteActionSchema> = {},
): Route {
  return create(RouteSchema, {
    name,
    match,
    ...(wholeBytes === undefined ? {} : { typedPerFilterConfig: wholeRequestOf(wholeBytes) }),
    action: {
      case: "route",
      value: {
        clusterSpecifier: { case: "cluster", value: cluster },
        timeout: seconds(timeout),
        // 0: a caller's grpc-timeout is taken as it is, however long.
        maxStreamDuration: { grpcTimeoutHeaderMax: seconds(0) },
        rateLimits,
        priority: ahead ? RoutingPriority.HIGH : RoutingPriority.DEFAULT,
        ...(retry ? { retryPolicy: retry } : {}),
        ...(extra as object),
      },
    },
  });
}

function exact(value: string) {
  return { case: "stringMatch" as const, value: { matchPattern: { case: "exact" as const, value } } };
}

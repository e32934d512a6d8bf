import { create, type DescMethod, type DescService, type MessageInitShape } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { Route, VirtualHostSchema } from "../../gen/envoy-api/envoy/config/route/v3/route_components_pb.ts";
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from "../../gen/envoy-api/envoy/config/route/v3/route_pb.ts";
import { PROCESS, RECEIVED } from "../../services/kit/headers.ts";
import { corsPolicy } from "../config/filters.ts";
import { receivedAt } from "../config/headers.ts";
import { countByAddress, countPagesByAddress } from "../config/rate-limit.ts";
import { retryPolicy } from "../config/retry.ts";
import {
  type CallOptions,
  hiddenRoute,
  httpsRedirect,
  methodRoute,
  methodRouteByHeader,
  pageRoute,
  pagesRoute,
  prefixRoute,
  redirectRoute,
  restRoute,
} from "../config/route.ts";
import { contracts, MESH_PROCESSES, MESH_SERVICES, type MeshService, meshOnly, restPaths, shed } from "./services.ts";

/** Time for a whole unary answer, all tries together. Callers' own deadlines are shorter as a rule. */
const UNARY_SECONDS = 30;

/** Time for a page. */
const PAGE_SECONDS = 5;

/** Time for a look at the health, which is promised within a second. */
const HEALTH_SECONDS = 0.95;

/** Where a call comes from. */
type Hop =
  | {
      name: "edge";
      /** Largest message, in bytes. */
      maxMessageBytes: number;
    }
  | { name: "mesh" };

/** What a request has beside its message, at most: framing, and fields in a query. */
const BESIDE_MESSAGE_BYTES = 1 << 16;

export interface EdgeRoutesOptions {
  rateLimited: boolean;
  corsOrigins: string[];
  maxMessageBytes: number;
}

/** What outside callers reach: pages, REST paths, all contracts but what is for the mesh only, and Fusion's health and reflection. */
export function edgeRoutes(options: EdgeRoutesOptions): RouteConfiguration {
  const hop: Hop = { name: "edge", maxMessageBytes: options.maxMessageBytes };
  const rest = restPaths.map((path) => restRoute(path, optionsOf(methodAt(path.rpc), path.service, hop)));
  const tools = ["/grpc.reflection.v1.ServerReflection/", "/grpc.reflection.v1alpha.ServerReflection/"].concat(
    "/grpc.health.v1.Health/",
  );
  const toFusion = tools.map((prefix) => prefixRoute(prefix, { cluster: "fusion", timeout: 0 }));
  return routeConfiguration("edge", {
    routes: [...pageRoutes(options.rateLimited), ...rest, ...contractRoutes(hop), ...toFusion],
    rateLimits: options.rateLimited ? [countByAddress] : [],
    typedPerFilterConfig: options.corsOrigins.length > 0 ? corsPolicy(options.corsOrigins) : {},
  });
}

/** What services and the command line reach behind the edge: the contracts, and the health of the process they name. */
export function meshRoutes(): RouteConfiguration {
  const health = MESH_PROCESSES.map((process) =>
    methodRouteByHeader("/grpc.health.v1.Health/Check", [PROCESS, process], {
      cluster: process,
      timeout: HEALTH_SECONDS,
    }),
  );
  return routeConfiguration("mesh", { routes: [...contractRoutes({ name: "mesh" }), ...health] });
}

/** The shopper's page, and how everything is. */
function pageRoutes(rateLimited: boolean): Route[] {
  const page = { timeout: PAGE_SECONDS, rateLimits: rateLimited ? [countPagesByAddress] : [] };
  const retry = retryPolicy({ retries: 2, unavailable: true });
  return [
    redirectRoute("/", "/app/"),
    ...["/app", "/docs"].map((path) => pagesRoute(path, { ...page, cluster: "web", retry })),
    ...["/health", "/ready"].map((path) => pageRoute(path, { ...page, cluster: "monitor", timeout: HEALTH_SECONDS })),
  ];
}

/** Plain HTTP knows only the way to HTTPS. */
export function redirectRoutes(httpsPort: number): RouteConfiguration {
  return routeConfiguration("redirect", { routes: [httpsRedirect(httpsPort)] });
}

function contractRoutes(hop: Hop): Route[] {
  return MESH_SERVICES.flatMap((service) => contracts[service].flatMap((contract) => routesOf(contract, service, hop)));
}

/** Methods that are hidden, stream or may be repeated have a route of their own; the prefix takes the rest. */
function routesOf(contract: DescService, service: MeshService, hop: Hop): Route[] {
  const hidden = contract.methods.filter((method) => hop.name === "edge" && meshOnly.includes(method));
  const special = contract.methods.filter((method) => isStream(method) || mayRepeat(method));
  return [
    ...hidden.map((method) => hiddenRoute(pathOf(method))),
    ...special.map((method) => methodRoute(pathOf(method), optionsOf(method, service, hop))),
    prefixRoute(`/${contract.typeName}/`, { cluster: service, timeout: UNARY_SECONDS, ahead: isAhead(service) }),
  ];
}

function optionsOf(method: DescMethod, service: MeshService, hop: Hop): CallOptions {
  const ways = waysOf(method, service, hop);
  if (hop.name === "mesh" || !shed.includes(method)) return { ...ways, ahead: isAhead(service) };
  return { ...ways, wholeBytes: hop.maxMessageBytes + BESIDE_MESSAGE_BYTES };
}

/** All that one asks of a service that sheds, but what is shed. */
function isAhead(service: MeshService): boolean {
  return shed.some((method) => contracts[service].includes(method.parent));
}

function waysOf(method: DescMethod, service: MeshService, hop: Hop): CallOptions {
  if (isStream(method)) return { cluster: service, timeout: 0 };
  if (!mayRepeat(method)) return { cluster: service, timeout: UNARY_SECONDS };
  // Fusion's "unavailable" was tried again one hop further in already. Once more here would multiply the tries.
  const unavailable = hop.name === "mesh" || service !== "fusion";
  return { cluster: service, timeout: UNARY_SECONDS, retry: retryPolicy({ unavailable }) };
}

/** Whether the contract says that the method may be called twice. */
export function mayRepeat({ idempotency, methodKind }: DescMethod): boolean {
  const { NO_SIDE_EFFECTS, IDEMPOTENT } = MethodOptions_IdempotencyLevel;
  return methodKind === "unary" && (idempotency === NO_SIDE_EFFECTS || idempotency === IDEMPOTENT);
}

function isStream({ methodKind }: DescMethod): boolean {
  return methodKind !== "unary";
}

function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function methodAt(path: string): DescMethod {
  const all = Object.values(contracts).flatMap((services) => services.flatMap(({ methods }) => methods));
  const found = all.find((method) => pathOf(method) === path);
  if (!found) throw new RangeError(`expected the path of a method of the contract, got "${path}"`);
  return found;
}

function routeConfiguration(name: string, host: MessageInitShape<typeof VirtualHostSchema>): RouteConfiguration {
  return create(RouteConfigurationSchema, {
    name,
    virtualHosts: [{ name, domains: ["*"], ...(host as object) }],
    requestHeadersToAdd: [receivedAt(RECEIVED)],
  });
}

import t from "tap";
import { RoutingPriority } from "../../gen/envoy-api/envoy/config/core/v3/base_pb.ts";
import type { RouteConfiguration } from "../../gen/envoy-api/envoy/config/route/v3/route_pb.ts";
import { edgeRoutes, meshRoutes } from "./routes.ts";
import { MESH_PROCESSES } from "./services.ts";

/** The route that a path takes: the first that fits, as in Envoy. */
function routeOf({ virtualHosts }: RouteConfiguration, path: string) {
  const found = virtualHosts[0]?.routes.find(({ match }) => {
    const { case: kind, value } = match!.pathSpecifier;
    if (kind === "path") return value === path;
    if (kind === "pathSeparatedPrefix") return `${path}/`.startsWith(`${value}/`);
    return kind === "prefix" && path.startsWith(value);
  });
  if (found?.action.case !== "route") throw new RangeError(`expected a route for ${path}`);
  return found.action.value;
}

const edge = edgeRoutes({ rateLimited: true, corsOrigins: [], maxMessageBytes: 1000 });

t.test("a stream has neither retries nor a timeout", async (t) => {
  for (const routes of [edge, meshRoutes()]) {
    const route = routeOf(routes, "/flashfit.fusion.v1.WardrobeService/AddGarments");
    t.equal(route.retryPolicy, undefined);
    t.equal(route.timeout?.seconds, 0n);
  }
});

t.test("only methods that the contract calls repeatable are tried again", async (t) => {
  t.ok(routeOf(edge, "/flashfit.fusion.v1.WardrobeService/AddGarment").retryPolicy);
  t.notOk(routeOf(edge, "/flashfit.fusion.v1.WardrobeService/NotInTheContract").retryPolicy);
});

t.test("Fusion's unavailable is not tried again at the edge, because the hops behind it were", async (t) => {
  const path = "/flashfit.fusion.v1.FusionService/Recommend";
  t.same(routeOf(edge, path).retryPolicy?.retriableStatusCodes, []);
  t.same(routeOf(meshRoutes(), "/flashfit.encoder.v1.EncoderService/Encode").retryPolicy?.retriableStatusCodes, [503]);
});

t.test(
  "health at the edge is Fusion's; on the mesh listener it is that of the process that a header names",
  async (t) => {
    t.equal(routeOf(edge, "/grpc.health.v1.Health/Check").clusterSpecifier.value, "fusion");
    const checks = meshRoutes().virtualHosts[0]!.routes.filter(({ name }) =>
      name.startsWith("/grpc.health.v1.Health/Check"),
    );
    t.same(
      checks.map(({ match, action }) => [
        match?.headers[0]?.name,
        action.case === "route" && action.value.clusterSpecifier.value,
      ]),
      MESH_PROCESSES.map((name) => ["x-flashfit-process", name]),
    );
  },
);

t.test("methods for operators are reached through the mesh listener alone", async (t) => {
  const path = "/flashfit.encoder.v1.EncoderService/ActivateModel";
  t.equal(routeOf(meshRoutes(), path).clusterSpecifier.value, "encoder");
  const first = edge.virtualHosts[0]?.routes.find(({ match, name }) => match?.pathSpecifier.value === path && name);
  t.match(first?.action, { case: "directResponse", value: { status: 404 } });
  t.throws(() => routeOf(edge, path), /expected a route/, "it stands before the prefix of its service");
  t.equal(routeOf(edge, "/flashfit.encoder.v1.EncoderService/ListModels").clusterSpecifier.value, "encoder");
});

t.test("the Open Inference Protocol is the Encoder's", async (t) => {
  for (const routes of [edge, meshRoutes()]) {
    t.equal(routeOf(routes, "/inference.GRPCInferenceService/ModelInfer").clusterSpecifier.value, "encoder");
    t.equal(routeOf(routes, "/inference.GRPCInferenceService/RepositoryIndex").clusterSpecifier.value, "encoder");
  }
});

t.test("a page's path is taken whole: /app and below it, not what begins alike", async (t) => {
  t.equal(routeOf(edge, "/app/assets/x.js").clusterSpecifier.value, "web");
  t.throws(() => routeOf(edge, "/apple"));
  t.equal(routeOf(edge, "/ready").clusterSpecifier.value, "monitor");
});

t.test("only what computes for everybody outside is counted, and passed on when all of it has come", async (t) => {
  const [encode, list] = ["Encode", "ListModels"].map((name) => `/flashfit.encoder.v1.EncoderService/${name}`);
  const stream = "/flashfit.encoder.v1.EncoderService/EncodeStream";
  const priority = (routes: RouteConfiguration, path: string) => routeOf(routes, path).priority;
  t.equal(priority(edge, encode!), RoutingPriority.DEFAULT);
  t.equal(priority(edge, list!), RoutingPriority.HIGH);
  t.equal(priority(edge, stream), RoutingPriority.HIGH);
  t.equal(priority(meshRoutes(), encode!), RoutingPriority.HIGH);
  const whole = edge.virtualHosts[0]!.routes.filter(
    ({ typedPerFilterConfig: config }) => "envoy.filters.http.buffer" in config,
  );
  t.same(
    whole.map(({ name }) => name.split("/").at(-1)),
    ["Encode", "Classify", "ModelInfer"],
  );
});

t.test("services are told when Envoy received a call, whatever its caller says", async (t) => {
  for (const { requestHeadersToAdd } of [edge, meshRoutes()]) {
    t.match(requestHeadersToAdd, [{ header: { key: "x-flashfit-received" }, appendAction: 2 }]);
  }
});

import { once } from "node:events";
import { request } from "node:http";
import { join } from "node:path";
import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { ensureTool } from "../../cli/tools/install.ts";
import { tools } from "../../cli/tools/table.ts";
import { createAuthority, issue } from "../../envoy/certificates/authority.ts";
import { spiffeId } from "../../envoy/certificates/mesh.ts";
import { securityHeaders } from "../../envoy/config/headers.ts";
import { runChild } from "../support/child.ts";
import { identityFiles, readIdentity } from "../support/identity.ts";
import { get, startEdge } from "./edge.ts";

let refusals = 0;
const deleted: string[] = [];
let claims: string | null = "not called";
const edge = await startEdge(t.testdir(), {
  FusionService: { recommend: () => ({ recommendationId: "r1" }) },
  WardrobeService: {
    listGarments: (_: unknown, { requestHeader }: { requestHeader: Headers }) => {
      claims = requestHeader.get("x-flashfit-claims");
      return {};
    },
    async *addGarments() {},
    addGarment: ({ garment }: { garment?: { ownerId: string } }) => ({
      garment: { id: "g1", ownerId: garment?.ownerId },
    }),
    getGarment: ({ id, userId }: { id: string; userId: string }) => ({ garment: { id, ownerId: userId } }),
    getGarmentPhoto: ({ id }: { id: string }) => ({ photo: Buffer.from(`photo of ${id}`) }),
    deleteGarment: ({ id, userId }: { id: string; userId: string }) => {
      deleted.push(`${id} of ${userId}`);
      return {};
    },
  },
  FeedbackService: { recordEvents: () => ({}) },
  IndexService: {
    listIndexes: () => {
      if (refusals-- > 0) throw new ConnectError("not yet", Code.Unavailable);
      return {};
    },
  },
  EncoderService: { listModels: () => ({}) },
});
t.teardown(() => edge.end());
const { ca } = edge;
const json = { "content-type": "application/json" };

t.test("Envoy accepts the bootstrap without a warning", async (t) => {
  const text = await runChild(await ensureTool(tools.envoy, process.env), [
    "--mode",
    "validate",
    "-c",
    join(edge.certs, "../bootstrap.json"),
  ]);
  t.match(text, /OK/);
  t.notMatch(text, /\[warning\]|Deprecated/);
});

t.test("every answer carries the security headers and no server header, Envoy's own answers too", async (t) => {
  for (const path of ["/healthz", "/api/wardrobe", "/nothing"]) {
    const { headers } = await get(`${edge.url}${path}`, { ca });
    for (const [name, value] of Object.entries(securityHeaders)) t.equal(headers[name], value, `${path}: ${name}`);
    t.equal(headers.server, undefined);
  }
  t.ok((await get(`${edge.url}/api/wardrobe`, { ca })).headers["x-request-id"]);
});

t.test("plain HTTP is sent to HTTPS with its path, method and body kept", async (t) => {
  const call = request(`${edge.redirectUrl}/api/wardrobe?pageSize=3`, { method: "POST" }).end();
  const [response] = await once(call, "response");
  response.resume();
  t.equal(response.statusCode, 308);
  t.equal(response.headers.location, `https://127.0.0.1:${new URL(edge.url).port}/api/wardrobe?pageSize=3`);
});

t.test("the old REST paths reach their RPCs", async (t) => {
  const post = (path: string, body: object) =>
    get(`${edge.url}${path}`, { ca, headers: json, body: JSON.stringify(body) });
  for (const path of ["/api/recommend", "/api/fusion/recommend"]) {
    t.match(JSON.parse((await post(path, { text: "red shoes" })).body.toString()), { recommendationId: "r1" }, path);
  }
  const added = await post("/api/wardrobe", { garment: { ownerId: "ada", photo: "AAAA" } });
  t.match(JSON.parse(added.body.toString()), { garment: { id: "g1", ownerId: "ada" } });
  const event = { eventId: "e1", userId: "ada", itemId: "g1", action: "ACTION_LIKE" };
  t.equal((await post("/api/feedback", { events: [event] })).status, 200);
  t.equal((await get(`${edge.url}/api/wardrobe?pageSize=3`, { ca })).status, 200);
  t.equal((await get(`${edge.url}/api/faiss`, { ca })).status, 200);
});

t.test("one garment has a path of its own: its data, its photo, and an end", async (t) => {
  const ask = async (path: string, method = "GET") => {
    const { status, body } = await get(`${edge.url}${path}`, { ca, method });
    return [status, JSON.parse(body.toString())];
  };
  t.same(await ask("/api/wardrobe/g-1"), [200, { garment: { id: "g-1" } }]);
  t.same(await ask("/api/wardrobe/g-1?userId=ada"), [200, { garment: { id: "g-1", ownerId: "ada" } }]);
  const [, { photo }] = await ask("/api/wardrobe/g-1/photo?userId=ada");
  t.equal(Buffer.from(photo, "base64").toString(), "photo of g-1");
  t.same(await ask("/api/wardrobe/g-1?userId=ada", "DELETE"), [200, {}]);
  t.same(deleted, ["g-1 of ada"]);
  t.match(await ask("/api/wardrobe/g-1?id=g-2"), [400, { code: "invalid_argument", message: /id: takes one value/ }]);
  t.match(await ask("/api/wardrobe/g-1?id=g-2", "DELETE"), [400, { code: "invalid_argument" }]);
  t.match(await ask("/api/wardrobe/g-1/more"), [404, {}]);
  const method = "/flashfit.fusion.v1.WardrobeService/GetGarment?id=g-1";
  t.equal((await get(`${edge.url}${method}`, { ca, method: "DELETE" })).status, 405);
  t.same(deleted.length, 1);
});

t.test("a caller outside cannot set the mesh's own headers", async (t) => {
  await get(`${edge.url}/api/wardrobe`, { ca, headers: { "x-flashfit-claims": "sub=admin" } });
  t.equal(claims, null);
});

t.test("paths that do not exist are refused in the caller's protocol", async (t) => {
  const rpc = await get(`${edge.url}/flashfit.nothing.v1.NothingService/Do`, { ca, headers: json, body: "{}" });
  t.equal(rpc.status, 404);
  t.match(JSON.parse(rpc.body.toString()), { code: "unimplemented" });
  t.match(JSON.parse((await get(`${edge.url}/nothing`, { ca })).body.toString()), { code: "not_found" });
});

t.test("an idempotent method is tried again when its service is unavailable", async (t) => {
  refusals = 2;
  const before = edge.calls.get("IndexService/ListIndexes") ?? 0;
  t.equal((await get(`${edge.url}/api/faiss`, { ca })).status, 200);
  t.equal(edge.calls.get("IndexService/ListIndexes"), before + 3);
});

t.test("the mesh listener takes only certificates of this mesh", async (t) => {
  const path = `${edge.meshUrl}/flashfit.encoder.v1.EncoderService/ListModels`;
  const as = (tls: { cert?: Buffer; key?: Buffer }) => get(path, { headers: json, body: "{}", ...tls, ca });
  const own = (name: string) => readIdentity(identityFiles(edge.certs, name));
  t.equal((await as(own("fusion"))).status, 200);
  await t.rejects(as({}), "no certificate");
  await t.rejects(as(own("edge")), "a certificate of the authority without a member's id");
  const other = await createAuthority("another", new Date());
  const foreign = await issue(other, { commonName: "fusion", uris: [spiffeId("fusion")] }, new Date());
  const [cert, key] = [Buffer.from(foreign.certificate), Buffer.from(foreign.privateKey)];
  await t.rejects(as({ cert, key }), "another authority");
});

t.test("readiness follows the services, and a service that came back is used again", async (t) => {
  await edge.stop("feedback");
  await edge.awaitReady(503);
  await edge.start("feedback");
  await edge.awaitReady(200);
  const body = JSON.stringify({});
  const { status } = await get(`${edge.url}/api/feedback`, { ca, headers: json, body });
  t.not(status, 503);
});

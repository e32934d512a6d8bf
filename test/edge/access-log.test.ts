import { setTimeout as pause } from "node:timers/promises";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import t from "tap";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { identityFiles, readIdentity } from "../support/identity.ts";
import { get, startEdge } from "./edge.ts";

interface Line {
  listener: string;
  request_id: string;
  path: string;
  status: number;
  grpc_status: string | null;
}

const edge = await startEdge(t.testdir(), {
  IndexService: {
    listIndexes: () => ({}),
    get: () => {
      throw new ConnectError("no such item", Code.NotFound);
    },
    batchGet: () => {
      throw new ConnectError("something else", Code.Unknown);
    },
  },
});
t.teardown(() => edge.end());

/** The lines for this request id; waits until there is one. Envoy writes them ten times a second. */
async function logged(id: string): Promise<Line[]> {
  for (const end = Date.now() + 10_000; ; await pause(50)) {
    const found = lines().filter((line) => line.request_id === id);
    if (found.length > 0) return found;
    if (Date.now() > end) throw new Error(`expected a line for ${id} within 10 s`);
  }
}

function lines(): Line[] {
  const text = edge.envoy.output();
  const whole = text.slice(0, text.lastIndexOf("\n"));
  return whole
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Line);
}

t.test("between services a call that failed is logged, by Connect and by gRPC, and of the others a few", async (t) => {
  const identity = readIdentity(identityFiles(edge.certs, "fusion"));
  const options = { baseUrl: edge.meshUrl, httpVersion: "2" as const, nodeOptions: identity };
  const calls = 60;
  for (const [protocol, transport] of [
    ["connect", createConnectTransport(options)],
    ["grpc", createGrpcTransport(options)],
  ] as const) {
    const client = createClient(IndexService, transport);
    const named = (id: string) => ({ headers: { "x-request-id": `${protocol}-${id}` } });
    for (let call = 0; call < calls; call++) await client.listIndexes({}, named(`good-${call}`));
    await t.rejects(client.get({ itemId: "a" }, named("missing")), { code: Code.NotFound });
    await t.rejects(client.batchGet({ itemIds: ["a"] }, named("unknown")), { code: Code.Unknown });
    t.match(await logged(`${protocol}-missing`), [{ listener: "mesh", path: /Get$/ }]);
    t.match(await logged(`${protocol}-unknown`), [{ listener: "mesh", path: /BatchGet$/ }]);
    const good = lines().filter(({ request_id: id }) => id.startsWith(`${protocol}-good-`));
    t.ok(good.length < calls / 3, `${good.length} of ${calls} good calls by ${protocol} are logged`);
  }
});

t.test("from outside each call is logged, and the answer of /health is not", async (t) => {
  const headers = (id: string) => ({ "content-type": "application/json", "x-request-id": id });
  await get(`${edge.url}/health`, { ca: edge.ca, headers: headers("health") });
  for (const id of ["outside-1", "outside-2"])
    await get(`${edge.url}/flashfit.fusion.v1.FusionService/Recommend`, {
      ca: edge.ca,
      headers: headers(id),
      body: "{}",
    });
  for (const id of ["outside-1", "outside-2"]) t.match(await logged(id), [{ listener: "edge" }]);
  t.notOk(lines().some(({ request_id: id }) => id === "health"));
});

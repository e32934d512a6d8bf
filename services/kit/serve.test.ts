import { once } from "node:events";
import * as http2 from "node:http2";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import t from "tap";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/health/v1/health_pb.ts";
import { HealthRegistry } from "./health.ts";
import { createServer, implement, type ServerOptions } from "./serve.ts";

const PATH = `/${IndexService.typeName}/ListIndexes`;

async function start(options: Partial<ServerOptions> = {}) {
  const health = new HealthRegistry();
  const server = await createServer({
    name: "index",
    host: "127.0.0.1",
    port: 0,
    services: [IndexService],
    health,
    ...options,
  });
  return { server, health };
}

const transports = (baseUrl: string) => ({
  connect: createConnectTransport({ baseUrl, httpVersion: "2" }),
  "connect over HTTP/1.1": createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  grpc: createGrpcTransport({ baseUrl }),
  "grpc-web": createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
});

const failure = (call: Promise<unknown>) =>
  call.then(
    () => Promise.reject(new Error("the call was answered")),
    (error: unknown) => ConnectError.from(error),
  );

t.test("every protocol is told that the service loads, and answered once it is installed", async (t) => {
  const { server } = await start();
  t.teardown(() => server.stop(0));
  for (const [name, transport] of Object.entries(transports(server.url))) {
    const error = await failure(createClient(IndexService, transport).listIndexes({}));
    t.match(error, { code: Code.Unavailable, rawMessage: "index is loading" }, name);
  }
  server.install([implement(IndexService, { listIndexes: () => ({ indexes: [{ name: "clip" }] }) })]);
  for (const [name, transport] of Object.entries(transports(server.url))) {
    t.match(await createClient(IndexService, transport).listIndexes({}), { indexes: [{ name: "clip" }] }, name);
  }
});

t.test("/healthz is 503 until all serve, and says why", async (t) => {
  const { server, health } = await start();
  t.teardown(() => server.stop(0));
  const before = await fetch(`${server.url}/healthz`);
  t.equal(before.status, 503);
  t.match(await before.json(), { services: { [IndexService.typeName]: { reason: "loading" } } });
  health.set(IndexService.typeName, "SERVING");
  const after = await fetch(`${server.url}/healthz`);
  t.equal(after.status, 200);
  t.match(await after.json(), { status: "SERVING" });
});

t.test("gRPC health knows the unknown: NotFound for Check, SERVICE_UNKNOWN for Watch", async (t) => {
  const { server, health } = await start();
  t.teardown(() => server.stop(0));
  const client = createClient(Health, createGrpcTransport({ baseUrl: server.url }));
  t.equal((await client.check({ service: IndexService.typeName })).status, Status.NOT_SERVING);
  t.equal((await failure(client.check({ service: "nobody" }))).code, Code.NotFound);
  const seen: Status[] = [];
  for await (const { status } of client.watch({ service: "later" })) {
    seen.push(status);
    if (status === Status.SERVING) break;
    health.set("later", "SERVING");
  }
  t.same(seen, [Status.SERVICE_UNKNOWN, Status.SERVING]);
});

t.test("reflection lists the services and refuses an unknown symbol within the stream", async (t) => {
  const { server } = await start();
  t.teardown(() => server.stop(0));
  const client = createClient(ServerReflection, createGrpcTransport({ baseUrl: server.url }));
  async function* questions() {
    yield { messageRequest: { case: "listServices" as const, value: "" } };
    yield { messageRequest: { case: "fileContainingSymbol" as const, value: "no.Such" } };
  }
  const answers = [];
  for await (const { messageResponse } of client.serverReflectionInfo(questions())) answers.push(messageResponse);
  t.match(answers[0]?.value, { service: [{ name: IndexService.typeName }, {}, {}] });
  t.match(answers[1], { case: "errorResponse", value: { errorCode: Code.NotFound, errorMessage: /no\.Such/ } });
});

t.test("what a caller garbled is InvalidArgument, never Internal", async (t) => {
  const { server } = await start();
  t.teardown(() => server.stop(0));
  server.install([implement(IndexService, { listIndexes: () => ({}) })]);
  const send = async (type: string, body: Uint8Array | string) => {
    const answer = await fetch(`${server.url}${PATH}`, { method: "POST", headers: { "content-type": type }, body });
    return { status: answer.status, ...((await answer.json()) as { code: string; message: string }) };
  };
  t.match(await send("application/json", '{"nmae":1}'), { status: 400, code: "invalid_argument", message: /nmae/ });
  t.match(await send("application/json", "{"), { status: 400, code: "invalid_argument" });
  const badUtf8 = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]);
  t.match(await send("application/json", badUtf8), { status: 400, code: "invalid_argument", message: /UTF-8/ });
  t.match(await send("application/proto", new Uint8Array([0x0a, 0xff])), { status: 400, code: "invalid_argument" });
  const get = await fetch(`${server.url}${PATH}?connect=v1&encoding=proto&base64=1&message=*`);
  t.equal(get.status, 400);
});

t.test("an unknown path is refused in the caller's protocol", async (t) => {
  const { server } = await start();
  t.teardown(() => server.stop(0));
  const post = (type: string) =>
    fetch(`${server.url}/no.Such/Method`, { method: "POST", headers: { "content-type": type }, body: "" });
  const grpc = await post("application/grpc+proto");
  t.equal(grpc.status, 200);
  t.equal(grpc.headers.get("grpc-status"), String(Code.Unimplemented));
  const connect = await post("application/json");
  t.equal(connect.status, 404);
  t.match(await connect.json(), { code: "unimplemented", message: "unknown path /no.Such/Method" });
});

t.test("a message over the limit is ResourceExhausted in every protocol, and the connection stays good", async (t) => {
  const { server } = await start({ limits: { maxMessageBytes: 1000 } });
  t.teardown(() => server.stop(0));
  server.install([implement(IndexService, { listIndexes: () => ({}), search: () => ({}) })]);
  const vector = new Uint8Array(3_000_000);
  for (const [name, transport] of Object.entries(transports(server.url))) {
    const client = createClient(IndexService, transport);
    const query = { queries: [{ index: "clip", vector }] };
    t.equal((await failure(client.search(query as never))).code, Code.ResourceExhausted, name);
    t.ok(await client.listIndexes({}), name);
  }
});

t.test("a drain lets open calls end, refuses new connections and counts", async (t) => {
  const { server, health } = await start();
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let started = () => {};
  const running = new Promise<void>((resolve) => {
    started = resolve;
  });
  const listIndexes = async () => {
    started();
    await finished;
    return { indexes: [{ name: "late" }] };
  };
  server.install([implement(IndexService, { listIndexes })]);
  const call = createClient(IndexService, transports(server.url).grpc).listIndexes({});
  await running;
  t.equal(server.inFlight, 1);
  const stopped = server.stop(10_000);
  t.equal(health.get("")?.reason, "draining");
  await t.rejects(fetch(`${server.url}/healthz`));
  finish();
  t.match(await call, { indexes: [{ name: "late" }] });
  t.match(await stopped, { inFlight: 1, aborted: 0 });
});

t.test("a call that outlasts the drain is told through its signal", async (t) => {
  const { server } = await start();
  let started = () => {};
  const running = new Promise<void>((resolve) => {
    started = resolve;
  });
  server.install([
    implement(IndexService, {
      async listIndexes(_, { signal }) {
        started();
        await once(signal, "abort");
        throw signal.reason;
      },
    }),
  ]);
  const refused = failure(createClient(IndexService, transports(server.url).connect).listIndexes({}));
  await running;
  t.match(await server.stop(20), { inFlight: 1, aborted: 1 });
  t.match(await refused, { code: Code.Unavailable, rawMessage: "index is shutting down" });
});

t.test("a connection that speaks nonsense is closed and harms nobody", async (t) => {
  const { server } = await start();
  t.teardown(() => server.stop(0));
  const session = http2.connect(server.url, { settings: { initialWindowSize: 1 } });
  t.teardown(() => session.destroy());
  const stream = session.request({ ":path": "/healthz", ":method": "BREW" });
  stream.resume();
  await once(stream, "close");
  t.equal((await fetch(`${server.url}/healthz`)).status, 503);
});

t.test("a taken port is named", async (t) => {
  const { server } = await start();
  t.teardown(() => server.stop(0));
  await t.rejects(start({ port: server.port }), {
    message: new RegExp(`^index cannot listen on 127.0.0.1:${server.port}`),
  });
});

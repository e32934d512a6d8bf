import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import t from "tap";
import { frame } from "../../envoy/config/local-reply.ts";
import { EncoderService, ListModelsRequestSchema } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { viaTransport } from "../mesh/clients.ts";
import { get, startEdge } from "./edge.ts";

const LIMIT = 5;
const CALLS = 3 * LIMIT;
/** One call in 100 s: no token comes back while a test runs, so the counts are exact. */
const env = { EDGE_RATE_LIMIT_RPS: "0.01", EDGE_RATE_LIMIT_BURST: String(LIMIT) };

/** Runs the calls and answers how many went well and the errors of the rest. */
async function flood(call: () => Promise<unknown>): Promise<{ good: number; errors: ConnectError[] }> {
  let good = 0;
  const errors: ConnectError[] = [];
  for (let i = 0; i < CALLS; i++) {
    await call().then(
      () => good++,
      (error: unknown) => errors.push(ConnectError.from(error)),
    );
  }
  return { good, errors };
}

const methods = {
  EncoderService: { listModels: () => ({}) },
  WardrobeService: {
    listGarments: () => ({}),
    async *addGarments(requests: AsyncIterable<unknown>) {
      for await (const _ of requests) yield {};
    },
  },
};

const transports: Record<string, (baseUrl: string, ca: Buffer) => Transport> = {
  "gRPC by connect-es": (baseUrl, ca) => createGrpcTransport({ baseUrl, nodeOptions: { ca } }),
  "gRPC-Web over h2": (baseUrl, ca) => createGrpcWebTransport({ baseUrl, httpVersion: "2", nodeOptions: { ca } }),
  "gRPC-Web over h1": (baseUrl, ca) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1", nodeOptions: { ca } }),
  "Connect JSON over h2": (baseUrl, ca) =>
    createConnectTransport({ baseUrl, httpVersion: "2", nodeOptions: { ca }, useBinaryFormat: false }),
  "Connect proto over h2": (baseUrl, ca) =>
    createConnectTransport({ baseUrl, httpVersion: "2", nodeOptions: { ca }, useBinaryFormat: true }),
  "Connect JSON over h1": (baseUrl, ca) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", nodeOptions: { ca }, useBinaryFormat: false }),
  "Connect proto over h1": (baseUrl, ca) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", nodeOptions: { ca }, useBinaryFormat: true }),
};

for (const [name, transport] of Object.entries(transports)) {
  t.test(`${name}: calls over the limit are ResourceExhausted and reach no service`, async (t) => {
    const edge = await startEdge(t.testdir(), methods, env);
    t.teardown(() => edge.end());
    const call = viaTransport(transport(edge.url, edge.ca));
    const { good, errors } = await flood(() => call(EncoderService.method.listModels, create(ListModelsRequestSchema)));
    t.equal(good, LIMIT);
    t.same([...new Set(errors.map(({ code }) => Code[code]))], ["ResourceExhausted"]);
    t.same([...new Set(errors.map(({ metadata }) => metadata.get("retry-after")))], ["100"]);
    t.equal(edge.calls.get("EncoderService/ListModels"), LIMIT);
  });
}

t.test("gRPC by grpc-js: status 8 with retry-after", async (t) => {
  const edge = await startEdge(t.testdir(), methods, env);
  const channel = new grpc.Client(new URL(edge.url).host, grpc.credentials.createSsl(edge.ca));
  t.teardown(() => edge.end());
  t.teardown(() => channel.close());
  const seen: [number, string][] = [];
  for (let i = 0; i < CALLS; i++) {
    await new Promise<void>((resolve) => {
      const same = (bytes: Buffer) => bytes;
      const path = "/flashfit.encoder.v1.EncoderService/ListModels";
      channel.makeUnaryRequest(
        path,
        same,
        same,
        Buffer.alloc(0),
        { deadline: Date.now() + 10_000 } as never,
        (error) => {
          if (error) seen.push([error.code, String(error.metadata.get("retry-after"))]);
          resolve();
        },
      );
    });
  }
  t.same(seen, Array(CALLS - LIMIT).fill([8, "100"]));
  t.equal(edge.calls.get("EncoderService/ListModels"), LIMIT);
});

for (const useBinaryFormat of [true, false]) {
  t.test(`Connect stream, ${useBinaryFormat ? "proto" : "JSON"}: ends with ResourceExhausted`, async (t) => {
    const edge = await startEdge(t.testdir(), methods, env);
    t.teardown(() => edge.end());
    const nodeOptions = { ca: edge.ca };
    const transport = createConnectTransport({ baseUrl: edge.url, httpVersion: "2", nodeOptions, useBinaryFormat });
    const client = createClient(WardrobeService, transport);
    const { good, errors } = await flood(async () => {
      for await (const _ of client.addGarments((async function* () {})(), { timeoutMs: 10_000 }))
        t.fail("no answer is due");
    });
    t.equal(good, LIMIT);
    t.same([...new Set(errors.map(({ code }) => Code[code]))], ["ResourceExhausted"]);
    t.equal(edge.calls.get("WardrobeService/AddGarments"), LIMIT);
  });
}

t.test("REST: 429 with a JSON error; each address has a bucket of its own; pages are counted apart", async (t) => {
  const edge = await startEdge(t.testdir(), methods, env);
  t.teardown(() => edge.end());
  const rest = (localAddress: string) =>
    get(`${edge.url.replace("localhost", "127.0.0.1")}/api/wardrobe`, { ca: edge.ca, localAddress });
  const answers = [];
  for (let i = 0; i < CALLS; i++) answers.push(await rest("127.0.0.1"));
  t.same(
    answers.map(({ status }) => status),
    [...Array(LIMIT).fill(200), ...Array(CALLS - LIMIT).fill(429)],
  );
  const refused = answers.at(-1)!;
  t.match(JSON.parse(refused.body.toString()), { code: "resource_exhausted", message: /too many calls/ });
  t.match(refused.headers, { "retry-after": "100", "content-type": "application/json", "x-frame-options": "DENY" });
  t.equal(edge.calls.get("WardrobeService/ListGarments"), LIMIT);
  t.equal((await rest("127.0.0.2")).status, 200, "another address is not limited");
  t.equal(await edge.ready(), 200, "Envoy's own readiness is never limited");
  const page = () =>
    get(`${edge.url.replace("localhost", "127.0.0.1")}/app/`, { ca: edge.ca, localAddress: "127.0.0.1" });
  const pages = [];
  for (let i = 0; i < 5 * LIMIT + 1; i++) pages.push((await page()).status);
  t.same(pages, [...Array(5 * LIMIT).fill(503), 429], "five times as many; behind it nothing runs here");
});

t.test("gRPC-Web text: the frame is base64", async (t) => {
  const edge = await startEdge(t.testdir(), methods, { ...env, EDGE_RATE_LIMIT_BURST: "1" });
  t.teardown(() => edge.end());
  const call = () =>
    get(`${edge.url}/flashfit.encoder.v1.EncoderService/ListModels`, {
      ca: edge.ca,
      headers: { "content-type": "application/grpc-web-text" },
      body: frame(0, "").toString("base64"),
    });
  await call();
  const { status, headers, body } = await call();
  t.equal(status, 200);
  t.equal(headers["content-type"], "application/grpc-web-text");
  t.match(Buffer.from(body.toString(), "base64").toString("latin1"), /grpc-status: 8\r\n/);
});

import { once } from "node:events";
import { constants, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import t from "tap";
import {
  ConformanceService,
  UnaryRequestSchema,
  UnaryResponseSchema,
} from "../../../test/conformance/gen/connectrpc/conformance/v1/service_pb.ts";
import { EagerSessionManager } from "../session-manager.ts";
import { unaryTransport } from "./unary-transport.ts";

const MAX_BYTES = 100_000;
const message = (length: number) =>
  toBinary(UnaryResponseSchema, create(UnaryResponseSchema, { payload: { data: new Uint8Array(length).fill(7) } }));

interface Sent {
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A server that does `act` with each stream, and both ways to call it: ours and connect-node's. */
async function start(
  { teardown }: Pick<typeof t, "teardown">,
  act: (stream: ServerHttp2Stream, sent: Sent) => void,
  interceptors: Interceptor[] = [],
) {
  const sockets = new Set<Socket>();
  const streams: ServerHttp2Stream[] = [];
  const server = createServer();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.on("session", (session) => session.on("error", () => {}));
  server.on("stream", (stream, headers) => {
    streams.push(stream);
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => act(stream, { headers, body: Buffer.concat(chunks) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sessions = new EagerSessionManager(baseUrl, 2 * MAX_BYTES);
  teardown(() => {
    sessions.abort();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const options = { baseUrl, interceptors, maxMessageBytes: MAX_BYTES, timeoutMs: 60_000 };
  const theirs = createConnectTransport({
    ...{ baseUrl, interceptors, httpVersion: "2", sessionManager: sessions, readMaxBytes: MAX_BYTES },
    ...{ acceptCompression: [], useBinaryFormat: true },
  });
  const ours: Transport = { ...theirs, unary: unaryTransport({ ...options, sessions }) };
  return {
    ours: createClient(ConformanceService, ours),
    theirs: createClient(ConformanceService, theirs),
    sockets,
    streams,
  };
}

type CallOptions = Parameters<Awaited<ReturnType<typeof start>>["ours"]["unary"]>[1];

/** All that a caller hears of a call. */
async function heard(client: Awaited<ReturnType<typeof start>>["ours"], options: CallOptions = {}) {
  const said: Record<string, unknown> = {};
  const hear = (name: string) => (header: Headers) => Object.assign(said, { [name]: plain(header) });
  try {
    const listeners = { onHeader: hear("header"), onTrailer: hear("trailer") };
    const { payload } = await client.unary({}, { ...options, ...listeners });
    said.bytes = payload?.data.length;
  } catch (error) {
    const { code, rawMessage, details, metadata } = ConnectError.from(error);
    Object.assign(said, { code: Code[code], rawMessage, details, metadata: plain(metadata) });
  }
  return said;
}

const plain = (header: Headers) => [...header].filter(([name]) => name !== "date");
const error = (value: object) => Buffer.from(JSON.stringify(value));
const PROTO = { "content-type": "application/proto" };
const JSON_TYPE = { "content-type": "application/json" };

t.test("what is answered is heard as by connect-node, whatever it is", async (t) => {
  const details = [{ type: "google.protobuf.Empty", value: "AQI" }];
  const answers: Record<string, [object, Uint8Array]> = {
    "a message": [{ ...PROTO, "x-one": "1", "set-cookie": ["a=1", "b=2"] }, message(10)],
    nothing: [{ ...PROTO, "content-length": 0 }, new Uint8Array()],
    "many pieces": [PROTO, message(90_000)],
    trailers: [{ ...PROTO, "trailer-x-after": "z", "x-before": "a" }, message(1)],
    "an error": [
      { ":status": 409, ...JSON_TYPE, "x-one": "1", "trailer-x-after": "z" },
      error({ code: "aborted", message: "no", details }),
    ],
    "an error without a code": [{ ":status": 404, ...JSON_TYPE }, error({ message: "gone" })],
    "garbled JSON": [{ ":status": 503, ...JSON_TYPE }, Buffer.from("{")],
    "an error of Envoy": [{ ":status": 503, "content-type": "text/plain" }, Buffer.from("no healthy upstream")],
    "another type": [{ "content-type": "application/json" }, error({})],
    "no type": [{}, message(1)],
    compressed: [{ ...PROTO, "content-encoding": "gzip" }, message(1)],
    "said to be plain": [{ ...PROTO, "content-encoding": "identity" }, message(1)],
    garbled: [PROTO, Buffer.from([0x0a, 0xff])],
    "too much, announced": [{ ...PROTO, "content-length": MAX_BYTES + 1 }, new Uint8Array(MAX_BYTES + 1)],
    "too much": [PROTO, new Uint8Array(MAX_BYTES + 1)],
  };
  for (const [name, [fields, body]] of Object.entries(answers)) {
    const { ours, theirs } = await start(t, (stream) => {
      stream.respond({ ":status": 200, ...fields });
      stream.end(body);
    });
    const [got, expected] = [await heard(ours), await heard(theirs)];
    t.ok("bytes" in expected || "code" in expected);
    t.same(got, expected, name);
  }
});

t.test("what is sent is what connect-node sends", async (t) => {
  const seen: Sent[] = [];
  const twice: Interceptor = (next) => (request) => {
    request.header.set("x-of-interceptor", request.method.name);
    return next({ ...request, header: new Headers(request.header) } as typeof request);
  };
  const { ours, theirs } = await start(
    t,
    (stream, sent) => {
      seen.push(sent);
      stream.respond(PROTO);
      stream.end();
    },
    [twice],
  );
  const requests = [{}, { requestData: new Uint8Array(50_000).fill(9) }];
  for (const request of requests) {
    for (const client of [ours, theirs]) {
      await client.unary(request, { timeoutMs: 5000, headers: { "X-Mine": "a, b", "x-request-id": "r" } });
    }
    const [mine, reference] = seen.splice(0);
    t.same(mine!.body, reference!.body);
    t.same(mine!.body, Buffer.from(toBinary(UnaryRequestSchema, create(UnaryRequestSchema, request))));
    const { traceparent, ...fields } = mine!.headers;
    const { "user-agent": _, ...expected } = reference!.headers;
    t.match(traceparent, /^00-/);
    t.same({ ...fields }, { ...expected });
  }
});

t.test("a call that is given up ends on the other side too, before its answer and within it", async (t) => {
  for (const begins of [false, true]) {
    const asked = Promise.withResolvers<ServerHttp2Stream>();
    const { ours } = await start(t, (stream) => {
      if (begins) {
        stream.respond({ ...PROTO, "content-length": 100 });
        stream.write(Buffer.from([1]));
      }
      asked.resolve(stream);
    });
    const stop = new AbortController();
    const call = heard(ours, { signal: stop.signal });
    const stream = await asked.promise;
    const closed = once(stream, "close");
    stop.abort();
    t.match(await call, { code: "Canceled" });
    await closed;
    t.equal(stream.rstCode, constants.NGHTTP2_CANCEL);
  }
});

t.test("a deadline ends a call, and one that was given up before is not made", async (t) => {
  const { ours, streams } = await start(t, () => {});
  t.match(await heard(ours, { timeoutMs: 30 }), { code: "DeadlineExceeded" });
  t.equal(streams.length, 1);
  t.match(await heard(ours, { signal: AbortSignal.abort() }), { code: "Canceled" });
  const connecting = await start(t, () => {});
  const stop = new AbortController();
  const call = heard(connecting.ours, { signal: stop.signal });
  stop.abort(new ConnectError("enough", Code.Aborted));
  t.match(await call, { code: "Aborted", rawMessage: "enough" }, "the reason is heard as it was given");
});

t.test("a stream that the other side resets is Unavailable, an answer that came before is heard", async (t) => {
  for (const code of [constants.NGHTTP2_REFUSED_STREAM, constants.NGHTTP2_INTERNAL_ERROR, constants.NGHTTP2_CANCEL]) {
    const { ours } = await start(t, (stream) => stream.close(code));
    t.match(await heard(ours), { code: "Unavailable" }, `${code}`);
  }
  const { ours } = await start(t, (stream) => {
    stream.respond({ ...PROTO, "content-length": message(5).length });
    stream.end(message(5));
    stream.close(constants.NGHTTP2_NO_ERROR);
  });
  t.match(await heard(ours), { bytes: 5 });
});

t.test("bytes of an answer are a copy of their own", async (t) => {
  const { ours } = await start(t, (stream) => {
    stream.respond(PROTO);
    stream.end(message(10));
  });
  const { payload } = await ours.unary({});
  t.equal(payload?.data.buffer.byteLength, message(10).length);
});

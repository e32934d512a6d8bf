import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import * as http2 from "node:http2";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { Code, ConnectError, createContextKey, createContextValues, type HandlerContext } from "@connectrpc/connect";
import t from "tap";
import { IndexService, SearchRequestSchema } from "../../../../gen/flashfit/index/v1/index_pb.ts";
import { collectGarbage } from "../../../../test/support/collect-garbage.ts";
import { resourceExhausted } from "../../errors.ts";
import { HealthRegistry } from "../../health.ts";
import { createServer, type Gate, implement, type ServerOptions } from "../../serve.ts";
import { UnaryCall } from "./unary-call.ts";

const PATH = `/${IndexService.typeName}/Search`;
type Search = (request: { k: number }, context: HandlerContext) => object | Promise<object>;

async function start(teardown: typeof t.teardown, search: Search, gate?: Gate, options: Partial<ServerOptions> = {}) {
  const watched: string[] = [];
  const server = await createServer({
    ...{ name: "index", host: "127.0.0.1", port: 0, services: [IndexService], health: new HealthRegistry() },
    watch:
      ({ method, endpoint }) =>
      (status) =>
        watched.push(`${method} ${endpoint} ${status}`),
    ...options,
  });
  server.install([implement(IndexService, { search: search as never }, gate ? { search: gate } : {})]);
  const session = http2.connect(server.url);
  await once(session, "connect"); // before, a ping is not sent
  teardown(async () => {
    session.destroy();
    await server.stop(0);
  });
  /** One call; the fields of the answer and its text. */
  const send = async (fields: http2.OutgoingHttpHeaders, body: Uint8Array | string) => {
    const stream = session.request({ ":method": "POST", ":path": PATH, ...fields });
    stream.end(body);
    const [answer] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return { answer, body: Buffer.concat(chunks) };
  };
  return { server, session, send, watched };
}

const LEAN = { "content-type": "application/json" };
/** The same to a caller, but not in the words of the lean path. */
const FULL = { "content-type": "application/json; charset=utf-8" };

t.test("answers like connect-es, whatever is sent and whatever the handler does", async (t) => {
  let isLean: boolean | undefined;
  const { send } = await start(t.teardown.bind(t), ({ k }, context) => {
    isLean = context instanceof UnaryCall;
    context.responseHeader.append("x-list", "a");
    context.responseHeader.append("x-list", "b");
    context.responseHeader.append("set-cookie", "c=1");
    context.responseTrailer.set("x-after", "z");
    if (k === 1) throw resourceExhausted("busy", 1500);
    if (k === 2) throw new TypeError("hidden");
    if (k === 3) return { results: [{ index: "i".repeat(100_000) }] };
    if (k === 4) throw new ConnectError("refused", Code.NotFound, { "set-cookie": "d=2", "content-type": "no" });
    if (k === 5) throw new ConnectError(String(Math.ceil(context.timeoutMs() ?? -1)), Code.Aborted);
    return { results: [{ index: context.requestHeader.get("x-in") ?? "" }] };
  });
  const bodies = [0, 1, 2, 3, 4, 5].map((k) => toJsonString(SearchRequestSchema, create(SearchRequestSchema, { k })));
  const fields: http2.OutgoingHttpHeaders[] = [
    { "x-in": "in" },
    { "accept-encoding": "br;q=1, gzip" },
    { "accept-encoding": "identity", "content-encoding": "identity" },
    { "connect-timeout-ms": "soon" },
    { "connect-timeout-ms": "99999999999" },
    { "connect-timeout-ms": "9999999999" },
    { "content-encoding": "zstd" },
  ];
  for (const body of [...bodies, "{", '{"nmae":1}', Buffer.from([0x22, 0xff, 0x22]), "", "null"]) {
    for (const more of fields) {
      const lean = await send({ ...LEAN, ...more }, body);
      const wasLean = isLean;
      isLean = undefined;
      const full = await send({ ...FULL, ...more }, body);
      for (const { answer } of [lean, full]) delete answer.date;
      t.same({ ...lean.answer }, { ...full.answer }, `${body} ${JSON.stringify(more)}`);
      t.equal(lean.body.toString(), full.body.toString());
      if (wasLean !== undefined && !more["content-encoding"]) t.same([wasLean, isLean], [true, false]);
      isLean = undefined;
    }
  }
});

t.test("binary and garbled binary", async (t) => {
  const { send, watched } = await start(t.teardown.bind(t), ({ k }) => ({ appliedSeq: BigInt(k) }));
  const type = { "content-type": "application/proto" };
  const { answer, body } = await send(type, toBinary(SearchRequestSchema, create(SearchRequestSchema, { k: 9 })));
  t.match(answer, { ":status": 200, "content-type": "application/proto", "content-length": String(body.length) });
  t.equal((await send(type, "")).answer[":status"], 200, "no bytes are a message");
  const garbled = await send(type, new Uint8Array([0x0a, 0xff]));
  t.equal(garbled.answer[":status"], 400);
  t.match(JSON.parse(garbled.body.toString()), { code: "invalid_argument", message: /^parse binary: / });
  t.same(watched, [`POST ${PATH} 200`, `POST ${PATH} 200`, `POST ${PATH} 400`]);
});

t.test("a gate refuses by the headers, and what it returns reaches the method", async (t) => {
  const KEY = createContextKey("nothing");
  const gate: Gate = ({ header }) => {
    if (header.get("x-refuse")) throw resourceExhausted("come back", 2000);
    return createContextValues().set(KEY, "from the gate");
  };
  const { server, session, send } = await start(
    t.teardown.bind(t),
    (_, { values }) => ({ results: [{ index: values.get(KEY) }] }),
    gate,
  );
  t.match((await send(LEAN, "{}")).body.toString(), /from the gate/);
  const stream = session.request({ ":method": "POST", ":path": PATH, ...LEAN, "x-refuse": "1" });
  const answered = once(stream, "response");
  stream.write("{");
  await new Promise<void>((resolve) => session.ping(() => resolve()));
  t.equal(server.inFlight, 1, "who is refused is answered after its body has come");
  stream.end("}");
  const [answer] = await answered;
  t.match(answer, { ":status": 429, "retry-after": "2" });
  let text = "";
  for await (const chunk of stream) text += chunk;
  t.match(JSON.parse(text), { code: "resource_exhausted", message: "come back", details: [{}] });
  await once(stream, "close");
  t.equal(stream.rstCode, 0);
  t.equal(server.inFlight, 0);
});

t.test("of a refused request no more is received than is allowed, then it is answered and closed", async (t) => {
  const gate: Gate = () => {
    throw resourceExhausted("come back");
  };
  const limits = { maxDiscardBytes: 1000, maxMessageBytes: 100 };
  for (const [header, gates] of [
    [{}, gate],
    [{ "content-length": "2000" }, undefined],
    [{}, undefined],
  ] as const) {
    const { session } = await start(t.teardown.bind(t), () => ({}), gates, { limits });
    const stream = session.request({ ":method": "POST", ":path": PATH, ...LEAN, ...header });
    stream.write(Buffer.alloc(1500));
    const [answer] = await once(stream, "response");
    t.equal(answer[":status"], 429);
    stream.resume();
    await once(stream, "close");
    t.equal(stream.rstCode, http2.constants.NGHTTP2_NO_ERROR);
  }
});

t.test("a call whose time is over is answered though the rest of its body is missing", async (t) => {
  const { session, server } = await start(t.teardown.bind(t), () => ({}));
  const stream = session.request({ ":method": "POST", ":path": PATH, ...LEAN, "connect-timeout-ms": "5" });
  stream.write("{");
  const [answer] = await once(stream, "response");
  t.equal(answer[":status"], 504);
  t.equal(server.inFlight, 0);
  stream.end();
});

t.test("a gate that fails is our own fault, and the log tells why", async (t) => {
  const warned: object[] = [];
  const log = { info: () => {}, warn: (fields: object) => warned.push(fields) };
  const gate: Gate = () => {
    throw new TypeError("hidden");
  };
  const { send } = await start(t.teardown.bind(t), () => ({}), gate, { log });
  const { answer, body } = await send(LEAN, "{}");
  t.equal(answer[":status"], 500);
  t.same(JSON.parse(body.toString()), { code: "internal", message: "internal error" });
  t.match(warned, [{ event: "answer_failed", path: PATH, err: { message: "hidden" } }]);
});

t.test("the end of the process answers who is still sending", async (t) => {
  const { server, session } = await start(t.teardown.bind(t), () => ({}));
  const stream = session.request({ ":method": "POST", ":path": PATH, ...LEAN });
  stream.write("{");
  await new Promise<void>((resolve) => session.ping(() => resolve()));
  const answered = once(stream, "response");
  stream.on("error", () => {});
  t.match(await server.stop(0), { inFlight: 1, aborted: 1 });
  const [answer] = await answered;
  t.equal(answer[":status"], 503);
});

t.test("who hangs up is told to the handler, and a drain waits for that", async (t) => {
  const reached = Promise.withResolvers<AbortSignal>();
  const finish = Promise.withResolvers<void>();
  const { server, session, watched } = await start(t.teardown.bind(t), async (_, { signal }) => {
    reached.resolve(signal);
    await finish.promise;
    return {};
  });
  const stream = session.request({ ":method": "POST", ":path": PATH, ...LEAN });
  stream.on("error", () => {});
  stream.end("{}");
  const signal = await reached.promise;
  stream.close(http2.constants.NGHTTP2_CANCEL);
  await once(signal, "abort");
  t.match(signal.reason, { code: Code.Canceled });
  t.equal(server.inFlight, 1);
  const stopped = server.stop(10_000);
  finish.resolve();
  t.match(await stopped, { inFlight: 1, aborted: 0 });
  t.same(watched.length, 1);
});

t.test("who is cut off in the middle of its request leaves nothing behind", async (t) => {
  const ended: PromiseWithResolvers<number>[] = [Promise.withResolvers(), Promise.withResolvers()];
  let count = 0;
  const { server, session } = await start(
    t.teardown.bind(t),
    () => {
      t.fail("half a request reached its method");
      return {};
    },
    undefined,
    {
      watch: () => {
        const one = ended[count++]!;
        return (status) => one.resolve(status);
      },
    },
  );
  const request = async () => {
    const stream = session.request({ ":method": "POST", ":path": PATH, ...LEAN });
    stream.on("error", () => {});
    stream.write("{");
    await new Promise<void>((resolve) => session.ping(() => resolve()));
    return stream;
  };
  (await request()).destroy(new Error("cut"));
  t.equal(await ended[0]!.promise, 499);
  await request();
  session.destroy();
  t.equal(await ended[1]!.promise, 499);
  t.equal(server.inFlight, 0);
});

t.test("a connection is closed when it was idle, not while it has a call", async (t) => {
  const finish = Promise.withResolvers<void>();
  const { server, session, send } = await start(
    t.teardown.bind(t),
    async () => {
      await finish.promise;
      return {};
    },
    undefined,
    { limits: { idleTimeoutMs: 20 } },
  );
  const answered = send(LEAN, "{}");
  const idle = http2.connect(server.url);
  await once(idle, "close");
  t.equal(session.closed, false);
  finish.resolve();
  t.equal((await answered).answer[":status"], 200);
  if (!session.closed) await once(session, "close");
});

t.test("fields that cannot be sent are our own fault", async (t) => {
  const warned: object[] = [];
  const log = { info: () => {}, warn: (fields: object) => warned.push(fields) };
  const { send } = await start(
    t.teardown.bind(t),
    (_, { responseHeader }) => {
      responseHeader.set("connection", "close");
      return {};
    },
    undefined,
    { log },
  );
  t.equal((await send(LEAN, "{}")).answer[":status"], 500);
  t.match(warned, [{ event: "answer_failed", path: PATH }]);
});

t.test("an interceptor that may copy requests is heard, by connect-es", async (t) => {
  const { send } = await start(
    t.teardown.bind(t),
    (_, context) => ({ results: [{ index: String(context instanceof UnaryCall) }] }),
    undefined,
    { interceptors: [(next) => (request) => next({ ...request } as typeof request)] },
  );
  t.match((await send(LEAN, "{}")).body.toString(), /false/);
});

t.test("another verb than POST is for connect-es, which tells those that a method may have", async (t) => {
  const { session } = await start(t.teardown.bind(t), () => ({}));
  const stream = session.request({ ":method": "DELETE", ":path": PATH, ...LEAN });
  const [answer] = await once(stream, "response");
  t.equal(answer[":status"], 405);
  stream.resume();
  await once(stream, "close");
});

for (const [path, fields] of Object.entries({ lean: LEAN, "connect-es": FULL })) {
  t.test(`a deadline is counted from when Envoy received the call: ${path}`, async (t) => {
    const seen: number[] = [];
    const { send } = await start(t.teardown.bind(t), (_, context) => {
      seen.push(context.timeoutMs() ?? Number.NaN);
      return {};
    });
    const received = (agoMs: number) => ((Date.now() - agoMs) / 1000).toFixed(3);
    const call = (agoMs: number) =>
      send({ ...fields, "connect-timeout-ms": "3000", "x-flashfit-received": received(agoMs) }, "{}");
    t.equal((await call(0)).answer[":status"], 200, "by it the clocks are compared");
    t.equal((await call(2000)).answer[":status"], 200);
    const late = await call(3500);
    t.ok((seen[0] ?? 0) > 2000 && (seen[1] ?? 0) <= 1100, seen.join());
    if (path === "lean") {
      t.match(JSON.parse(late.body.toString()), { code: "deadline_exceeded" });
      t.equal(seen.length, 2, "what comes too late is not begun");
    } else t.ok((seen[2] ?? 0) <= 1, seen.join());
  });
}

t.test("node's stream of a call that is over keeps nothing of the call", async (t) => {
  const requests: WeakRef<object>[] = [];
  const { send } = await start(t.teardown.bind(t), (request) => {
    requests.push(new WeakRef(request));
    if (request.k === 1) throw resourceExhausted("busy", 1500);
    return { results: [] };
  });
  const streams: http2.ServerHttp2Stream[] = [];
  const keep = (message: unknown) => void streams.push((message as { stream: http2.ServerHttp2Stream }).stream);
  subscribe("http2.server.stream.start", keep);
  t.teardown(() => unsubscribe("http2.server.stream.start", keep));
  for (const k of [0, 1]) await send(LEAN, toJsonString(SearchRequestSchema, create(SearchRequestSchema, { k })));
  for (const stream of streams) if (!stream.closed) await once(stream, "close");
  await new Promise(setImmediate); // after the listeners of "close"
  collectGarbage();
  t.same(
    requests.map((request) => request.deref()),
    [undefined, undefined],
  );
  t.equal(streams.length, 2, "which are still there");
});

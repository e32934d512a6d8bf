import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createContextValues, type StreamRequest, type UnaryRequest } from "@connectrpc/connect";
import t from "tap";
import { IndexService, ListIndexesRequestSchema } from "../../gen/flashfit/index/v1/index_pb.ts";
import { type CallContext, runInCall } from "./context.ts";
import { errorInterceptor } from "./error-mapping.ts";
import { createLogger } from "./log.ts";
import { contextInterceptor } from "./server-interceptors.ts";

const log = createLogger({ service: "test", level: "silent" });

function unaryRequest(signal = new AbortController().signal, header = new Headers()): UnaryRequest {
  return {
    stream: false,
    service: IndexService,
    method: IndexService.method.listIndexes,
    requestMethod: "POST",
    url: "http://test",
    signal,
    header,
    contextValues: createContextValues(),
    message: create(ListIndexesRequestSchema),
  };
}

const call: CallContext = {
  requestId: "r-7",
  traceparent: "",
  deadline: undefined,
  signal: new AbortController().signal,
  claims: undefined,
};

/** What a caller gets when the handler fails with `thrown`. */
async function mapped(thrown: unknown, signal?: AbortSignal): Promise<ConnectError> {
  const handle = errorInterceptor(log)(() => Promise.reject(thrown));
  const error = await runInCall(call, () => handle(unaryRequest(signal))).catch((e: unknown) => e);
  return error as ConnectError;
}

t.test("an error that nobody foresaw shows the request id and nothing else", async (t) => {
  const error = await mapped(new TypeError("password=hunter2"));
  t.equal(error.code, Code.Internal);
  t.match(error.rawMessage, "request id r-7");
  t.notMatch(error.rawMessage, "hunter2");
});

t.test("an error of another service passes without the headers of its answer", async (t) => {
  const upstream = new ConnectError("busy", Code.ResourceExhausted, {
    "retry-after": "3",
    "content-length": "17",
    date: "today",
  });
  const error = await mapped(upstream);
  t.equal(error.code, Code.ResourceExhausted);
  t.same([...error.metadata.keys()], ["retry-after"]);
});

t.test("what the call's own signal ended is DeadlineExceeded or Canceled", async (t) => {
  const deadline = AbortSignal.abort(new DOMException("over", "TimeoutError"));
  t.equal((await mapped(deadline.reason, deadline)).code, Code.DeadlineExceeded);
  const hungUp = AbortSignal.abort();
  t.equal((await mapped(hungUp.reason, hungUp)).code, Code.Canceled);
  const draining = AbortSignal.abort(new ConnectError("index is shutting down", Code.Unavailable));
  t.equal((await mapped(new DOMException("x", "AbortError"), draining)).code, Code.Unavailable);
});

t.test("an abort that is not of this call is our own fault", async (t) => {
  t.equal((await mapped(new DOMException("x", "AbortError"))).code, Code.Internal);
});

t.test("a stream whose source ignores the deadline ends with it", async (t) => {
  const message = (async function* () {
    yield create(ListIndexesRequestSchema);
    await new Promise(() => {}); // never
  })();
  const next = contextInterceptor({ defaultTimeoutMs: 1000 })(
    async (request) =>
      ({
        stream: true,
        service: request.service,
        method: IndexService.method.listIndexes,
        header: new Headers(),
        trailer: new Headers(),
        message,
      }) as never,
  );
  const header = new Headers({ "connect-timeout-ms": "40", "x-request-id": "s-9" });
  const request = { ...unaryRequest(undefined, header), stream: true, message: (async function* () {})() };
  const answer = await next(request as unknown as StreamRequest);
  t.equal(answer.header.get("x-request-id"), "s-9");
  const seen: unknown[] = [];
  const error = await (async () => {
    for await (const one of answer.message as AsyncIterable<unknown>) seen.push(one);
  })().catch((e: unknown) => e as ConnectError);
  t.equal(seen.length, 1);
  t.equal(error?.code, Code.DeadlineExceeded);
  t.equal(error?.metadata.get("x-request-id"), "s-9");
});

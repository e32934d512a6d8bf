import { setTimeout as pause } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { ConformanceService } from "../../test/conformance/gen/connectrpc/conformance/v1/service_pb.ts";
import { meshClient } from "./client.ts";
import { type CallContext, currentCall, timeLeftMs } from "./context.ts";
import { HealthRegistry } from "./health.ts";
import { createLogger } from "./log.ts";
import { createServer, implement } from "./serve.ts";
import { contextInterceptor, errorInterceptor } from "./server-interceptors.ts";

const log = createLogger({ service: "chain", level: "silent" });
const HOPS = 3;

/** What a hop saw of its call. */
type Seen = Pick<CallContext, "requestId" | "traceparent" | "claims"> & { leftMs: number };

function seenNow(): Seen {
  const { requestId, traceparent, claims } = currentCall()!;
  return { requestId, traceparent, claims, leftMs: timeLeftMs(Number.POSITIVE_INFINITY) };
}

/** Three servers over real sockets; each asks the next and waits `workMs` first. `last` is what the last one does. */
async function chain(
  { teardown }: Pick<typeof t, "teardown">,
  workMs: number,
  last: () => Promise<void>,
  defaultTimeoutMs = 30_000,
) {
  const seen: Seen[] = [];
  let next: string | undefined;
  for (let hop = HOPS - 1; hop >= 0; hop--) {
    const following = next;
    const server = await createServer({
      name: `hop ${hop}`,
      host: "127.0.0.1",
      port: 0,
      services: [ConformanceService],
      health: new HealthRegistry(),
      interceptors: [contextInterceptor({ defaultTimeoutMs }), errorInterceptor(log)],
    });
    server.install([
      implement(ConformanceService, {
        async unary() {
          seen[hop] = seenNow();
          await pause(workMs); // the work of this hop
          if (following) await meshClient(ConformanceService, { baseUrl: following }).unary({});
          else await last();
          return {};
        },
        async *serverStream() {
          for (let i = 0; i < 3; i++) {
            await pause(1);
            seen[hop] = seenNow();
            if (following) await meshClient(ConformanceService, { baseUrl: following }).unary({});
            yield {};
          }
        },
      }),
    ]);
    teardown(() => server.stop(0));
    next = server.url;
  }
  return { client: meshClient(ConformanceService, { baseUrl: next! }), seen, url: next! };
}
t.test("ids, trace and claims are the same on every hop; the deadline shrinks by what was spent", async (t) => {
  const { client, seen } = await chain(t, 20, async () => {});
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const headers = { "x-request-id": "r-1", traceparent: `00-${trace}-b7ad6b7169203331-01`, "x-flashfit-claims": "e30" };
  await client.unary({}, { timeoutMs: 5000, headers });
  t.equal(seen.length, HOPS);
  t.same(
    seen.map((call) => call.requestId),
    ["r-1", "r-1", "r-1"],
  );
  t.same(
    seen.map((call) => call.claims),
    ["e30", "e30", "e30"],
  );
  for (const call of seen) t.match(call.traceparent, new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  t.equal(new Set(seen.map((call) => call.traceparent)).size, HOPS, "each hop is a span of its own");
  const left = seen.map((call) => call.leftMs);
  t.ok(left[0]! <= 5000 && left[1]! <= left[0]! - 19 && left[2]! <= left[1]! - 19, "shrinks", { left });
});

t.test("a stream's handler finds its call in every step", async (t) => {
  const { client, seen } = await chain(t, 0, async () => {});
  let count = 0;
  for await (const _ of client.serverStream({}, { timeoutMs: 5000, headers: { "x-request-id": "s-1" } })) count++;
  t.equal(count, 3);
  t.same(
    seen.map((call) => call.requestId),
    ["s-1", "s-1", "s-1"],
  );
});

t.test("cancelling the first call aborts the last hop", async (t) => {
  const reached = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const { client } = await chain(t, 0, () => {
    currentCall()!.signal.addEventListener("abort", () => aborted.resolve());
    reached.resolve();
    return aborted.promise;
  });
  const hangUp = new AbortController();
  const call = client.unary({}, { signal: hangUp.signal });
  await reached.promise;
  hangUp.abort();
  t.equal(ConnectError.from(await call.catch((e: unknown) => e)).code, Code.Canceled);
  await aborted.promise;
});

t.test("a handler that ignores its deadline is answered for", async (t) => {
  const never = Promise.withResolvers<void>();
  t.teardown(() => never.resolve());
  const { url } = await chain(t, 0, () => never.promise, 80);
  const answer = await fetch(`${url}/${ConformanceService.typeName}/Unary`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  t.equal(answer.status, 504);
  t.match(await answer.json(), { code: "deadline_exceeded" });
});

t.test("no call is made when no time is left", async (t) => {
  const { client, seen } = await chain(t, 30, async () => {});
  const error = ConnectError.from(await client.unary({}, { timeoutMs: 20 }).catch((e: unknown) => e));
  t.equal(error.code, Code.DeadlineExceeded);
  t.equal(seen.length, 1, "the second hop never heard of it");
});

t.test("what nobody foresaw is Internal, without its message", async (t) => {
  const { client } = await chain(t, 0, () => Promise.reject(new Error("password=hunter2")));
  const error = ConnectError.from(await client.unary({}).catch((e: unknown) => e));
  t.equal(error.code, Code.Internal);
  t.notMatch(error.message, "hunter2");
});

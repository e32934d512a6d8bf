import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { BadRequestSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { ConformanceService } from "../../test/conformance/gen/connectrpc/conformance/v1/service_pb.ts";
import { meshClient } from "./client.ts";
import { errorInterceptor } from "./error-mapping.ts";
import { invalidArguments, resourceExhausted, unavailable, withoutStack } from "./errors.ts";
import { HealthRegistry } from "./health.ts";
import { createLogger } from "./log.ts";
import { createServer, implement } from "./serve.ts";

/** The error that a caller gets, over a real socket, when a handler throws `make()`. */
async function startFailing(
  { teardown }: { teardown(end: () => unknown): void },
  make: () => unknown,
): Promise<ConnectError> {
  const server = await createServer({
    name: "failing",
    host: "127.0.0.1",
    port: 0,
    services: [ConformanceService],
    health: new HealthRegistry(),
    interceptors: [errorInterceptor(createLogger({ service: "failing", level: "silent" }))],
  });
  teardown(() => server.stop(0));
  server.install([
    implement(ConformanceService, {
      unary() {
        throw make();
      },
    }),
  ]);
  const client = meshClient(ConformanceService, { baseUrl: server.url });
  return (await client.unary({}).catch((e: unknown) => e)) as ConnectError;
}

t.test("a bad request names its fields, over the wire", async (t) => {
  const violations = [
    { field: "k", description: "must be at least 1 (got 0)" },
    { field: "queries[1].index", description: "must not be empty" },
  ];
  const error = await startFailing(t, () => invalidArguments(violations));
  t.equal(error.code, Code.InvalidArgument);
  t.equal(error.rawMessage, "k: must be at least 1 (got 0); queries[1].index: must not be empty");
  t.match(error.findDetails(BadRequestSchema)[0]?.fieldViolations, violations);
});

t.test("what is exhausted says when to come back, as a detail and as a header in whole seconds", async (t) => {
  const error = await startFailing(t, () => resourceExhausted("the queue is full", 1250));
  t.equal(error.code, Code.ResourceExhausted);
  t.match(error.findDetails(RetryInfoSchema)[0]?.retryDelay, { seconds: 1n, nanos: 250_000_000 });
  t.equal(error.metadata.get("retry-after"), "2");
});

t.test("the cause of an Unavailable stays here", async (t) => {
  const error = await startFailing(t, () => unavailable("PostgreSQL is away", new Error("password=hunter2")));
  t.equal(error.code, Code.Unavailable);
  t.notMatch(JSON.stringify(error), "hunter2");
  t.ok(error instanceof ConnectError);
});

t.test("errors made without a stack have none, and those after them have one again", async (t) => {
  const stackOf = (error: Error) => error.stack ?? "";
  const here = /errors\.test\.ts/;
  t.notMatch(stackOf(withoutStack(() => resourceExhausted("busy", 1500))), here);
  t.throws(() => withoutStack(() => JSON.parse("{")), { name: "SyntaxError" });
  t.match(stackOf(resourceExhausted("busy", 1500)), here);
});

import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { BadRequestSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { invalidArguments, resourceExhausted, unavailable } from "./errors.ts";
import { startFailing } from "./errors-fixture.ts";

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

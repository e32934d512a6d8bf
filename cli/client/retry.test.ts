import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { isTransient, waitMs } from "./retry.ts";

t.test("waits as long as the server asks, in the header or in the detail", async (t) => {
  t.equal(waitMs(new ConnectError("slow down", Code.ResourceExhausted, { "retry-after": "2" }), 1), 2000);
  const detail = { desc: RetryInfoSchema, value: { retryDelay: { seconds: 1n, nanos: 500_000_000 } } };
  t.equal(waitMs(new ConnectError("slow down", Code.ResourceExhausted, undefined, [detail]), 1), 1500);
});

t.test("doubles when nothing is asked, and never waits longer than ten seconds", async (t) => {
  const away = new ConnectError("away", Code.Unavailable);
  t.same(
    [1, 2, 3, 9].map((attempt) => waitMs(away, attempt)),
    [250, 500, 1000, 10_000],
  );
});

t.test("does not repeat what is wrong in itself", async (t) => {
  t.notOk(isTransient(new ConnectError("bad", Code.InvalidArgument)));
  t.ok(isTransient(new ConnectError("away", Code.Unavailable)));
});

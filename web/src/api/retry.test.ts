import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { RetryInfoSchema } from "../../../gen/google/rpc/error_details_pb.ts";
import { repeatDelayMs, repeated, retryAfterMs, shouldRepeat, wait } from "./retry.ts";

const busy = (headers?: HeadersInit, details: ConstructorParameters<typeof ConnectError>[3] = []) =>
  new ConnectError("too many calls", Code.ResourceExhausted, headers, details);

t.test("the server's own word on waiting is followed", async (t) => {
  const info = create(RetryInfoSchema, { retryDelay: { seconds: 2n, nanos: 500_000_000 } });
  t.equal(retryAfterMs(busy({ "retry-after": "9" }, [{ desc: RetryInfoSchema, value: info }])), 2500);
  t.equal(retryAfterMs(busy({ "retry-after": "3" })), 3000);
  t.equal(retryAfterMs(busy()), 1000, "nothing said");
  t.equal(retryAfterMs(busy({ "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" })), 1000, "a date is not read");
  t.equal(retryAfterMs(busy({ "retry-after": "3600" })), 15_000, "nobody waits an hour at a page");
});

t.test("only what may go well the next time is asked again, and not for ever", async (t) => {
  t.ok(shouldRepeat(0, busy()));
  t.ok(shouldRepeat(2, new ConnectError("away", Code.Unavailable)));
  t.notOk(shouldRepeat(3, busy()));
  t.notOk(shouldRepeat(0, new ConnectError("bad", Code.InvalidArgument)));
  t.notOk(shouldRepeat(0, new TypeError("Failed to fetch")));
});

t.test("waits grow with each failure", async (t) => {
  t.equal(repeatDelayMs(1, busy()), 2000);
  t.ok(repeatDelayMs(2, new ConnectError("away", Code.Unavailable)) > 400);
});

t.test("a read goes on after a busy server, and gives up on a refusal", async (t) => {
  let calls = 0;
  const answer = await repeated(async () => {
    calls += 1;
    if (calls === 1) throw busy({ "retry-after": "0" });
    return calls;
  });
  t.equal(answer, 2);
  await t.rejects(
    repeated(() => Promise.reject(new ConnectError("no such garment", Code.NotFound))),
    { code: Code.NotFound },
  );
});

t.test("a wait ends when it is aborted", async (t) => {
  const controller = new AbortController();
  const waiting = wait(60_000, controller.signal);
  controller.abort(new Error("left"));
  await t.rejects(waiting, { message: "left" });
  await t.rejects(wait(1, controller.signal), { message: "left" });
});

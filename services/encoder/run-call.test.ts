import t from "tap";
import { Priority } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { runInCall } from "../kit/context.ts";
import { callerOf, runCallOf } from "./run-call.ts";

const never = new AbortController().signal;
const context = { requestId: "1", traceparent: "00-0-0-00", deadline: 1234, signal: never, claims: '{"sub":"ada"}' };

t.test("a run knows the deadline, the person and the priority of the call", async (t) => {
  t.match(
    runInCall(context, () => runCallOf(never, Priority.UNSPECIFIED)),
    { deadlineMs: 1234, priority: "interactive", caller: "ada" },
  );
  t.match(
    runInCall({ ...context, deadline: undefined, claims: undefined }, () => runCallOf(never, Priority.BULK)),
    { deadlineMs: undefined, priority: "bulk", caller: "anonymous" },
  );
});

t.test("a stream is bulk unless a request says otherwise", async (t) => {
  t.equal(runCallOf(never, Priority.UNSPECIFIED, Priority.BULK).priority, "bulk");
  t.equal(runCallOf(never, Priority.INTERACTIVE, Priority.BULK).priority, "interactive");
});

t.test("it is aborted with the call, whichever signal says so", async (t) => {
  const hangUp = new AbortController();
  const deadline = new AbortController();
  const make = () => runInCall({ ...context, signal: deadline.signal }, () => runCallOf(hangUp.signal, Priority.BULK));
  const [one, other] = [make(), make()];
  hangUp.abort();
  t.ok(one.signal.aborted && other.signal.aborted);
  t.notOk(runInCall({ ...context, signal: deadline.signal }, () => runCallOf(never, Priority.BULK)).signal.aborted);
});

t.test("claims may be JSON or base64url; what is neither is nobody", async (t) => {
  t.equal(callerOf('{"sub":"ada"}'), "ada");
  t.equal(callerOf(Buffer.from('{"sub":"ada"}').toString("base64url")), "ada");
  for (const claims of [undefined, "", "?", "{", '{"sub":7}', '{"sub":""}', "bnVsbA"])
    t.equal(callerOf(claims), "anonymous", `${claims}`);
});

import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { IndexService } from "../../../../gen/flashfit/index/v1/index_pb.ts";
import { AbortedTogether } from "./aborted-together.ts";
import { UnaryCall } from "./unary-call.ts";

const fields = { ":scheme": "https", ":authority": "index:1", ":path": "/x" };
const newCall = () => new UnaryCall(IndexService.method.listIndexes, fields);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => ConnectError.from(error).code,
  );

t.test(
  "what waits is told when the time is over, and the signal with it, be it asked for before or after",
  async (t) => {
    const call = newCall();
    const before = call.signal;
    const never = new Promise(() => {});
    call.limit(5);
    call.limit(60_000);
    t.equal(await codeOf(call.untilAborted(never)), Code.DeadlineExceeded);
    t.equal(before.aborted, true);
    t.equal(await codeOf(call.untilAborted(never)), Code.DeadlineExceeded, "who waits later is told at once");
    const late = newCall();
    late.abort(new ConnectError("gone", Code.Canceled));
    late.abort(new ConnectError("again", Code.Internal));
    t.match(late.signal.reason, { code: Code.Canceled });
    const told: unknown[] = [];
    late.onAbort((reason) => told.push(reason));
    t.same(told, [late.signal.reason]);
  },
);

t.test("several may wait; what was done is given on", async (t) => {
  const call = newCall();
  const [first, second] = [call.untilAborted(Promise.withResolvers().promise), call.untilAborted(Promise.resolve(7))];
  t.equal(await second, 7);
  const third = call.untilAborted(Promise.withResolvers().promise);
  const codes = Promise.all([codeOf(first), codeOf(third)]);
  call.abort(new ConnectError("gone", Code.Canceled));
  t.same(await codes, [Code.Canceled, Code.Canceled]);
});

t.test("the end aborts the signal and stops the clock, but is no failure", async (t) => {
  const call = newCall();
  call.limit(60_000);
  const { signal, timeoutMs } = call;
  t.ok(timeoutMs()! > 59_000 && timeoutMs()! <= 60_000);
  call.end();
  t.equal(signal.aborted, true);
  t.equal(signal.reason.name, "AbortError");
  t.equal(newCall().timeoutMs(), undefined);
});

t.test("it is what connect-es gives a handler and an interceptor", (t) => {
  const call = newCall();
  t.equal(call.url, "https://index:1/x");
  t.equal(call.service, IndexService);
  t.equal(call.values, call.contextValues);
  t.equal(call.requestHeader, call.header);
  t.equal(call.trailerIfAny, undefined);
  t.equal(call.responseTrailer, call.trailerIfAny);
  t.equal(call.responseHeader, call.responseHeader);
  t.end();
});

t.test("the end of the process aborts the calls that are open, and those that come later", (t) => {
  const shutdown = new AbortController();
  const together = new AbortedTogether(shutdown.signal);
  const [open, ended, later] = [newCall(), newCall(), newCall()];
  together.add(open);
  together.forget(together.add(ended));
  shutdown.abort(new ConnectError("shutting down", Code.Unavailable));
  together.add(later);
  t.same(
    [open, ended, later].map(({ signal }) => signal.aborted),
    [true, false, true],
  );
  t.end();
});

import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { BatcherClosedError, DeadlinePassedError, DeadlineTooCloseError, QueueFullError } from "./batching/refusals.ts";
import { InferenceLostError } from "./inference/errors.ts";
import { GateFullError } from "./preprocessing/gate.ts";
import { PhotoRefusedError } from "./preprocessing/photo-decoder.ts";
import { busyForMs, refusalReason, refusing, toRefusal } from "./refusals.ts";

t.test("each of the Encoder's own errors has its code, and busy ones say when to come back", async (t) => {
  const cases: [Error, Code, reason: string | undefined, busyMs: number | undefined][] = [
    [new QueueFullError(9, 9, 2500), Code.ResourceExhausted, "queue_full", 2500],
    [new DeadlineTooCloseError(80, 30), Code.ResourceExhausted, "deadline_too_close", 50],
    [new GateFullError("2 in work"), Code.ResourceExhausted, "decode_queue_full", 1000],
    [new DeadlinePassedError("while waiting"), Code.DeadlineExceeded, "deadline_passed", undefined],
    [new BatcherClosedError(), Code.Unavailable, "closed", undefined],
    [new InferenceLostError("it ended"), Code.Unavailable, undefined, undefined],
    [new PhotoRefusedError("format", "is a GIF"), Code.InvalidArgument, undefined, undefined],
  ];
  for (const [error, code, reason, busyMs] of cases) {
    const refusal = toRefusal(error);
    if (!(refusal instanceof ConnectError)) return t.fail(`${error.name} became no ConnectError`);
    t.equal(refusal.code, code, error.name);
    t.ok(refusal.rawMessage.includes(error.message), error.name);
    t.equal(refusalReason(error), reason, error.name);
    t.equal(busyForMs(error), busyMs, error.name);
    const [retry] = refusal.findDetails(RetryInfoSchema);
    const delayMs = retry && Number(retry.retryDelay?.seconds) * 1000 + (retry.retryDelay?.nanos ?? 0) / 1e6;
    t.equal(delayMs, busyMs, error.name);
  }
});

t.test("what is nobody's refusal stays as it is", async (t) => {
  const error = new TypeError("a mistake of ours");
  t.equal(toRefusal(error), error);
  t.equal(refusalReason(error), undefined);
  t.equal(await refusing(Promise.resolve(7)), 7);
  await t.rejects(refusing(Promise.reject(error)), error);
});

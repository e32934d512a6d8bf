import { Code, ConnectError, type ContextValues } from "@connectrpc/connect";
import t from "tap";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { Doorkeeper, entryOf } from "./doorkeeper.ts";

const PHOTO = { "content-length": "40000", "connect-timeout-ms": "500" };

/** A doorkeeper whose queues foresee this, and what it was asked. */
function doorkeeper(neededMs: number) {
  const asked: { caller: string; deadlineMs: number; before: number }[] = [];
  let refused = 0;
  const keeper = new Doorkeeper({
    foresee(call) {
      asked.push(call);
      return neededMs;
    },
    onRefusal: () => {
      refused++;
    },
    nowMs: () => 1_000_000,
  });
  const ask = (header: Record<string, string>, signal = new AbortController().signal) =>
    keeper.gate({ header: new Headers(header), signal });
  return { ask, asked, refused: () => refused };
}

t.test("a photo that the queues would refuse is refused by its headers, with when to come back", async (t) => {
  const { ask, asked, refused } = doorkeeper(700);
  const error = (() => {
    try {
      ask({ ...PHOTO, "x-flashfit-claims": "" });
    } catch (thrown) {
      return thrown;
    }
  })();
  if (!(error instanceof ConnectError)) return t.fail("expected a ConnectError");
  t.equal(error.code, Code.ResourceExhausted);
  t.match(error.rawMessage, /expected 700 ms .* got 500 ms/);
  t.equal(error.findDetails(RetryInfoSchema)[0]?.retryDelay?.nanos, 200_000_000);
  t.same(asked, [{ caller: "anonymous", deadlineMs: 1_000_500, before: 0 }]);
  t.notMatch(error.stack, /doorkeeper/, "to gather a stack costs more than it tells");
  t.equal(refused(), 1);
});

t.test("what fits, what has no deadline and what is too small for a photo comes in", async (t) => {
  t.ok(doorkeeper(499).ask(PHOTO));
  const { ask, asked } = doorkeeper(700);
  t.ok(ask({ "content-length": "40000" }));
  t.equal(ask({ ...PHOTO, "content-length": "300" }), undefined);
  t.equal(ask({ "connect-timeout-ms": "500" }), undefined, "a body of unknown length is read");
  t.same(asked, []);
});

t.test(
  "of photos that come together each knows of the others, until the queues know of them or they have ended",
  async (t) => {
    const { ask, asked } = doorkeeper(10);
    const leaving = new AbortController();
    const [first, second] = [ask(PHOTO), ask(PHOTO, leaving.signal)] as ContextValues[];
    ask(PHOTO);
    if (first) for (let i = 0; i < 2; i++) entryOf(first).arrived();
    ask(PHOTO);
    leaving.abort();
    if (second) entryOf(second).arrived();
    ask(PHOTO);
    t.same(
      asked.map(({ before }) => before),
      [0, 1, 2, 2, 2],
    );
  },
);

t.test("as long as many answers come from the cache nobody is refused unread", async (t) => {
  const { ask, asked } = doorkeeper(700);
  const values = ask({ "content-length": "40000" }) as ContextValues;
  for (let i = 0; i < 5; i++) entryOf(values).answered(false);
  for (let i = 0; i < 5; i++) entryOf(values).answered(true);
  t.ok(ask(PHOTO));
  t.same(asked, []);
  for (let i = 0; i < 60; i++) entryOf(values).answered(true);
  t.throws(() => ask(PHOTO), { code: Code.ResourceExhausted });
});

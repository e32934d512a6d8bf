import fc from "fast-check";
import t from "tap";
import { AnswerForecast } from "./answer-forecast.ts";
import { DeadlineTooCloseError } from "./batching/refusals.ts";

/** A forecast that has seen photos take 10 ms for each one on its way. */
function experienced() {
  let now = 1_000_000;
  const forecast = new AnswerForecast({ nowMs: () => now });
  for (let round = 0; round < 50; round++) {
    const began = now;
    const tickets = Array.from({ length: 1 + (round % 20) }, () => forecast.admit(undefined));
    for (const [i, ticket] of tickets.entries()) {
      now = began + 10 * (i + 1);
      ticket.answered();
      ticket.release();
    }
  }
  return {
    forecast,
    now: () => now,
    pass(ms: number) {
      now += ms;
    },
  };
}

t.test("nothing is refused before anything was measured", async (t) => {
  const forecast = new AnswerForecast();
  forecast.admit(undefined);
  forecast.admit(Date.now() - 1000);
  t.equal(forecast.underWay, 2);
});

t.test(
  "a photo that would be late behind the others is refused, with when to come back; one that fits is taken",
  async (t) => {
    const { forecast, now } = experienced();
    for (let i = 0; i < 10; i++) forecast.admit(undefined);
    const refused = (() => {
      try {
        forecast.admit(now() + 50);
      } catch (error) {
        return error;
      }
    })();
    t.ok(refused instanceof DeadlineTooCloseError);
    t.ok(
      (refused as DeadlineTooCloseError).retryAfterMs >= 40,
      `${(refused as DeadlineTooCloseError).retryAfterMs} ms`,
    );
    forecast.admit(now() + 1000);
    t.equal(forecast.underWay, 11, "who was refused is not on its way");
  },
);

t.test("when nobody is on the way, and when nothing was measured lately, everybody is let in", async (t) => {
  const alone = experienced();
  alone.forecast.admit(alone.now() + 1);
  const later = experienced();
  for (let i = 0; i < 10; i++) later.forecast.admit(undefined);
  t.throws(() => later.forecast.admit(later.now() + 1));
  later.pass(2001);
  later.forecast.admit(later.now() + 1);
});

t.test("as many leave as came, however often they are released", async () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3), { maxLength: 50 }), (releases) => {
      const forecast = new AnswerForecast();
      for (const times of releases) {
        const ticket = forecast.admit(undefined);
        for (let i = 0; i <= times; i++) ticket.release();
      }
      return forecast.underWay === 0;
    }),
  );
});

import { Code } from "@connectrpc/connect";
import { Registry } from "prom-client";
import t from "tap";
import { Action } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { startLocalFeedback } from "../../../test/feedback/support/local-feedback.ts";
import { refusal } from "../../../test/support/calls.ts";
import { createLogger } from "../../kit/log.ts";
import { keepPolicyMetrics } from "./policy-metrics.ts";
import { seededRandom } from "./random.ts";

const PEOPLE = 300;

t.test("Evaluate on a real PostgreSQL", async (t) => {
  const { client, stop } = await startLocalFeedback({}, Date.now);
  t.teardown(stop);
  // The good item is worn by 60 %, the other liked by 20 %. Who showed them put either first with the same chance.
  const random = seededRandom(11n);
  const events: object[] = [];
  for (let person = 0; person < PEOPLE; person++) {
    const userId = person % 10 === 9 ? "" : `p${person}`;
    const good = random() < 0.5;
    const itemId = good ? "good" : "other";
    const item = {
      itemId,
      propensity: 0.5,
      otherPropensities: { sure: good ? 1 : 0, wrong: good ? 0 : 1 },
      features: new Uint8Array(Float32Array.of(good ? 1 : 0).buffer),
    };
    const expectedFeatures = {
      sure: new Uint8Array(Float32Array.of(1).buffer),
      wrong: new Uint8Array(Float32Array.of(0).buffer),
    };
    const createdAt = { seconds: BigInt(Math.floor(Date.now() / 1000) - (person < 200 ? 7200 : 60)), nanos: 0 };
    const recommendation = { id: `r${person}`, userId, kind: "home", policy: "coin", layout: "x/1", items: [item] };
    await client.recordRecommendation({ recommendation: { ...recommendation, expectedFeatures, createdAt } });
    const likes = good ? random() < 0.6 : random() < 0.2;
    if (!likes) continue;
    const answer = { itemId, recommendationId: `r${person}`, action: good ? Action.WEAR : Action.LIKE };
    events.push({ ...answer, eventId: `e${person}`, userId: userId || "somebody" });
    events.push({ ...answer, eventId: `forged${person}`, userId: "mallory", action: Action.DISLIKE });
    events.push({ ...answer, eventId: `elsewhere${person}`, userId: userId || "somebody", itemId: "never shown" });
  }
  await client.recordEvents({ events });

  await t.test("each estimator's interval holds what the policy is worth", async (t) => {
    const sure = await client.evaluate({ policy: "sure", seed: 3n });
    t.equal(sure.recommendations, BigInt(PEOPLE * 0.9), "those of nobody in particular do not count");
    t.same(
      sure.estimates.map(({ estimator }) => estimator),
      ["ips", "snips", "dr"],
    );
    for (const { estimator, lower, value, upper } of sure.estimates) {
      t.ok(lower < 0.6 && 0.6 < upper && lower < value && value < upper, estimator, { lower, value, upper });
    }
    const wrong = await client.evaluate({ policy: "wrong", seed: 3n });
    for (const { estimator, lower, upper } of wrong.estimates) t.ok(lower < 0.1 && 0.1 < upper, estimator);
    t.ok(Math.abs(sure.meanWeight - 1) < 0.2 && sure.effectiveSampleSize > 100 && sure.largestWeight === 2);
    const own = await client.evaluate({ policy: "coin", places: 1 });
    t.ok(own.logged && Math.abs(own.estimates[0]!.value - own.logged.value) < 1e-9, "itself earns what was earned");
  });

  await t.test("the same seed gives the same answer", async (t) => {
    const ask = () => client.evaluate({ policy: "sure", seed: 9n, bootstrapSamples: 200 });
    t.same(await ask(), await ask());
  });

  await t.test("since leaves out what is older; too little is a failed precondition", async (t) => {
    const since = { seconds: BigInt(Math.floor(Date.now() / 1000) - 3600), nanos: 0 };
    t.equal((await client.evaluate({ policy: "sure", since })).recommendations, 90n);
    const now = { seconds: BigInt(Math.floor(Date.now() / 1000) - 1), nanos: 0 };
    for (const request of [{ policy: "sure", since: now }, { policy: "nope" }]) {
      const error = await refusal(client.evaluate(request));
      t.equal(error.code, Code.FailedPrecondition);
      t.match(error.rawMessage, /expected at least 30 recommendations .* got 0/);
    }
  });

  await t.test("what cannot be asked is refused with the field", async (t) => {
    const ahead = { seconds: BigInt(Math.floor(Date.now() / 1000) + 3600), nanos: 0 };
    for (const [request, says] of [
      [{ policy: "sure", bootstrapSamples: 50 }, /^bootstrap_samples: expected 100 to 10,000/],
      [{ policy: "sure", since: ahead }, /^since: must not lie in the future/],
      [{ policy: "a\0b" }, /^policy: /],
    ] as const) {
      const error = await refusal(client.evaluate(request));
      t.equal(error.code, Code.InvalidArgument);
      t.match(error.rawMessage, says);
    }
  });
});

t.test("metrics show shares, people, answers and worth of each policy", async (t) => {
  const { client, sql, learned, stop } = await startLocalFeedback({}, Date.now);
  t.teardown(stop);
  const half = { propensity: 0.5, otherPropensities: { adaptive: 0.5 } };
  const events: object[] = [];
  for (let person = 0; person < 40; person++) {
    const items = [{ itemId: "coat", ...half }];
    const recommendation = { id: `r${person}`, userId: `p${person}`, kind: "home", policy: "baseline", items };
    await client.recordRecommendation({ recommendation });
    const answer = { eventId: `e${person}`, userId: `p${person}`, itemId: "coat", recommendationId: `r${person}` };
    if (person < 30) events.push({ ...answer, action: person < 20 ? Action.WEAR : Action.DISLIKE });
  }
  await client.recordEvents({ events });
  await learned();
  const metrics = new Registry();
  const warnings: object[] = [];
  const log = {
    ...createLogger({ service: "test", level: "silent" }),
    warn: (fields: object) => warnings.push(fields),
  };
  const once = async (database: typeof sql) => {
    const ended = new AbortController();
    let pausing = 0;
    const all = Promise.withResolvers<void>();
    const pause = async () => {
      if (++pausing === 3) all.resolve();
      await all.promise;
      ended.abort();
    };
    await keepPolicyMetrics({ sql: database, metrics, log: log as never, signal: ended.signal, pause });
  };
  await once(sql);
  const text = await metrics.metrics();
  for (const line of [
    'feedback_policy_share_percent{policy="adaptive"} 90',
    'feedback_policy_people{policy="baseline"} 40',
    'feedback_policy_recommendations{policy="baseline"} 40',
    'feedback_policy_answers{policy="baseline",answer="positive"} 20',
    'feedback_policy_answers{policy="baseline",answer="negative"} 10',
    'feedback_policy_value{policy="adaptive",bound="value"} 0.375',
  ]) {
    t.ok(text.includes(line), line, { text });
  }
  t.notMatch(text, /feedback_policy_value\{policy="convex"/, "nothing says what it would have shown");
  t.same(warnings, []);
});

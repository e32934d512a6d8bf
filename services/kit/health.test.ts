import t from "tap";
import { HealthRegistry, OVERALL } from "./health.ts";

t.test("the process serves when all its services do", async (t) => {
  const health = new HealthRegistry();
  t.equal(health.get(OVERALL)?.status, "NOT_SERVING", "nothing is registered");
  health.set("a", "SERVING");
  health.set("b", "NOT_SERVING", "loading");
  t.same(health.get(OVERALL), { status: "NOT_SERVING", reason: "b: loading" });
  health.set("b", "SERVING");
  t.same(health.get(OVERALL), { status: "SERVING" });
});

t.test("a process that drains takes all its services along", async (t) => {
  const health = new HealthRegistry();
  health.set("a", "SERVING");
  health.set(OVERALL, "NOT_SERVING", "draining");
  t.same(health.get("a"), { status: "NOT_SERVING", reason: "draining" });
  health.set(OVERALL, "SERVING");
  t.same(health.get("a"), { status: "SERVING" });
});

t.test("nothing is known of a name that was never set", async (t) => {
  t.equal(new HealthRegistry().get("nobody"), undefined);
});

t.test("a watcher sees the present status and every change, and ends with its signal", async (t) => {
  const health = new HealthRegistry();
  const caller = new AbortController();
  const seen = health.watch("a", caller.signal);
  t.same((await seen.next()).value, undefined);
  const next = seen.next();
  health.set("a", "NOT_SERVING");
  t.equal((await next).value, "NOT_SERVING");
  const last = seen.next();
  health.set("a", "NOT_SERVING", "the same again");
  health.set("a", "SERVING");
  t.equal((await last).value, "SERVING");
  const end = seen.next();
  caller.abort();
  t.equal((await end).done, true);
});

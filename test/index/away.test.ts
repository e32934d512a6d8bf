import t from "tap";
import { runAway, WAYS } from "./away/run.ts";

// The long form, a minute each: node bin/run.mjs test/index/away/main.ts --seconds 60

for (const way of WAYS) {
  t.test(`PostgreSQL ${way}: searches go on, writes are refused in time, and nothing is lost`, async (t) => {
    const { searches, upserts, lost, caughtUpMs, connection, serving } = await runAway(way, 1.5);
    t.same(searches.failed, [], "every search is answered");
    t.ok(searches.answeredAway > 10, `${searches.answeredAway} searches while it was away`);
    t.same(lost, [], "no acknowledged write is lost");
    t.ok(upserts.acknowledged >= 50);
    const codes = Object.keys(upserts.refused);
    t.ok(codes.length > 0);
    t.same(
      codes.filter((code) => code !== "Unavailable" && code !== "DeadlineExceeded"),
      [],
    );
    t.equal(caughtUpMs.length, 2, "both replicas catch up");
    t.same(connection, { before: [1, 1], away: [0, 0], after: [1, 1] }, "the health says so");
    t.same(serving, { away: [true, true], after: [true, true] }, "what is away for all replicas takes none out");
  });
}

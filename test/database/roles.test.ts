import { readFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import t from "tap";
import { Action } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { encodePriors } from "../../services/feedback/learning/codec.ts";
import { initialCommon } from "../../services/feedback/learning/default-priors.ts";
import { inMemoryUpstreams } from "../../services/fusion/in-memory-upstreams.ts";
import { localFusion, plainPhoto } from "../../services/fusion/local-fusion.ts";
import { migrate } from "../../services/kit/migrate.ts";
import { startLocalFeedback } from "../feedback/support/local-feedback.ts";

// Feedback and Fusion do everything as users who have what docs/how-to/database-roles.md grants, and nothing else.

const page = readFileSync(join(import.meta.dirname, "../../docs/how-to/database-roles.md"), "utf8");
const [forFeedback = "", forFusion = ""] = [...page.matchAll(/```sql\n(.*?)```/gs)].map(([, statements]) => statements);

const owner = await startLocalFeedback({ FEEDBACK_LEARNER: "off", FEEDBACK_LEARNER_POLL_MS: "50" });
t.teardown(() => owner.stop());
const fusionSchema = [{ service: "fusion", folder: new URL("../../services/fusion/schema/", import.meta.url) }];
await migrate(owner.sql, fusionSchema);
const admin = postgres(owner.server.adminUrl, { max: 1, onnotice: () => {} });
for (const statements of [forFeedback, forFusion]) await admin.unsafe(statements).simple();
await admin.end();
const urlOf = (user: string) => owner.server.url.replace("flashfit_user", user);

/** SQLSTATE of what PostgreSQL refuses with. */
const codeOf = (query: Promise<unknown>) =>
  query.then(
    () => "done",
    (error: postgres.PostgresError) => error.code,
  );
const DENIED = "42501";

t.test("Feedback records, learns, forgets and erases as feedback_service, and may do no more", async (t) => {
  const { client, sql } = await owner.replica({ DATABASE_URL: urlOf("feedback_service"), FEEDBACK_LEARNER: "on" });
  const event = { userId: "ann", recommendationId: "r-1" };
  const items = ["a", "b"].map((itemId) => ({ itemId, propensity: 1 }));
  const shown = { id: "r-1", userId: "ann", kind: "home", policy: "baseline", items };
  await client.recordRecommendation({ recommendation: shown });
  await client.recordEvents({
    events: [
      { ...event, eventId: "1", itemId: "a", action: Action.LIKE },
      { ...event, eventId: "2", itemId: "b", action: Action.SKIP },
    ],
  });
  await owner.learned();
  t.same((await client.getProfile({ userId: "ann" })).profile?.likedItemIds, ["a"]);
  t.equal((await client.listEvents({ userId: "ann" })).events.length, 2);
  await client.resetProfile({ userId: "ann" });
  await client.setRollout({ shares: { baseline: 50, adaptive: 50 } });
  await owner.learned();
  // The learner's own way: a prior that it publishes, and what it stores.
  const priors = Buffer.from(encodePriors(initialCommon().priors)).toString("hex");
  const [stored] = await sql<{ done: boolean }[]>`
    select feedback.store_learned(learned_seq, erasures, learned_seq, encode(common, 'hex'), '{}', '{}', '{}', '{}', '{}', '{}',
      ${priors}, learned_seq) as done from feedback.learner`;
  t.ok(stored?.done, "the learner may publish what people start with");
  const { removed } = await client.erasePerson({ userId: "ann" });
  t.match(removed, { event: 2n, recommendation: 1n });
  t.ok(((await sql`select feedback.add_partitions(now(), 6) as made`)[0]?.made as number) > 0, "the months ahead");

  t.equal(await codeOf(sql`create table feedback.own (n integer)`), DENIED);
  t.equal(await codeOf(sql`update feedback.event set user_id = 'eve'`), DENIED);
  t.equal(await codeOf(sql`truncate feedback.event`), DENIED);
  t.equal(await codeOf(sql`select * from fusion.garments`), DENIED);
});

t.test("Fusion keeps garments and outfits as fusion_service, and may do no more", async (t) => {
  const sql = postgres(urlOf("fusion_service"), { onnotice: () => {} });
  t.teardown(() => sql.end());
  await migrate(sql, fusionSchema);
  const { wardrobe, outfits, recommender, sweep } = localFusion(sql, inMemoryUpstreams());
  const itemIds: string[] = [];
  for (const [n, category] of ["t-shirt", "pants", "shoes"].entries()) {
    const { garment } = await wardrobe.addGarment({
      garment: { ownerId: "ann", photo: await plainPhoto(n), category, colour: "red" },
    });
    itemIds.push(garment?.id ?? "");
  }
  await wardrobe.updateGarment({ id: itemIds[0]!, userId: "ann", category: "shirt" });
  t.equal((await recommender.recommend({ userId: "ann" })).items.length, 3);
  await outfits.saveOutfit({ userId: "ann", itemIds });
  t.equal((await outfits.listOutfits({ userId: "ann" })).outfits.length, 1);
  await wardrobe.deleteGarment({ id: itemIds[2]!, userId: "ann" });
  await sweep();
  await wardrobe.erasePerson({ userId: "ann" });
  t.equal((await sql`select from fusion.garments`).length, 0);

  t.equal(await codeOf(sql`create table fusion.own (n integer)`), DENIED);
  t.equal(await codeOf(sql`truncate fusion.garments cascade`), DENIED);
  t.equal(await codeOf(sql`select * from feedback.event`), DENIED);
});

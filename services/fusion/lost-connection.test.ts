import { randomUUID } from "node:crypto";
import { Code, ConnectError } from "@connectrpc/connect";
import postgres from "postgres";
import t from "tap";
import { startPostgres } from "../../test/support/postgres.ts";
import { createGarmentChanges } from "./garment-changes.ts";
import { createGarmentErasure } from "./garment-erasure.ts";
import { freshFusion, fusionDatabase, plainPhoto } from "./local-fusion.ts";
import { createOutfitStore } from "./outfits/outfit-store.ts";

// A backend of PostgreSQL dies in the midst of a write: the caller reads Unavailable, nothing of it is there, and this
// process lives. (A transaction of postgres.js 3.4.9 would throw from a timer, and end it.)

const server = await startPostgres();
const sql = await fusionDatabase(server.url);
const admin = postgres(server.adminUrl, { onnotice: () => {} });
t.teardown(async () => {
  await Promise.all([sql, admin].map((each) => each.end({ timeout: 1 })));
  await server.stop();
});

/** What `work` says when its backend is killed while it waits for a lock that somebody else holds on all garments and outfits. */
async function killedWithin(work: () => Promise<unknown>): Promise<ConnectError> {
  const holder = await admin.reserve();
  try {
    await holder`begin`;
    await holder`lock table fusion.outfit_garments, fusion.garments in share mode`;
    const outcome = work().then(
      () => new Error("expected an error, was answered"),
      (error: unknown) => error,
    );
    for (let killed = 0; killed === 0; ) {
      const waiting = await admin`
        select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and usename = 'flashfit_user'`;
      killed = waiting.length;
    }
    return ConnectError.from(await outcome);
  } finally {
    await holder`rollback`;
    holder.release();
    // postgres.js answers the next statement in that place of the pool, unsent, with the same error: one for each place.
    await Promise.allSettled(Array.from({ length: sql.options.max }, () => sql`select 1`.execute()));
  }
}

async function twoGarments() {
  const { wardrobe } = await freshFusion(sql);
  const add = async (n: number) => {
    const { garment } = await wardrobe.addGarment({ garment: { ownerId: "anna", photo: await plainPhoto(n) } });
    return garment?.id ?? "";
  };
  return [await add(1), await add(2)] as const;
}

t.test("a change of a garment", async (t) => {
  const [id] = await twoGarments();
  const changes = createGarmentChanges(sql);
  const change = { category: "hat", colour: undefined, priceCents: 5, tags: undefined };
  t.equal((await killedWithin(() => changes.begin(id, "anna", change))).code, Code.Unavailable);
  const [row] = await sql`select category, price_cents::int, open_changes from fusion.garments where id = ${id}`;
  t.same(row, { category: "t-shirt", price_cents: 0, open_changes: 0 });
  t.same(await changes.corrections(), []);
  t.match(await changes.begin(id, "anna", change), { garment: { category: "hat", colour: "red", priceCents: 5 } });
  t.match(await changes.corrections(), [{ userId: "anna", garmentId: id }]);
});

t.test("the end of an erasure", async (t) => {
  await twoGarments();
  const erasure = createGarmentErasure(sql);
  await erasure.begin("anna");
  t.equal((await killedWithin(() => erasure.finish("anna"))).code, Code.Unavailable);
  t.same(await erasure.finish("anna"), { garments: 2, outfits: 0, corrections: 0, left: 0 });
});

t.test("an outfit that is saved", async (t) => {
  const garmentIds = await twoGarments();
  const outfits = createOutfitStore(sql);
  const draft = { id: randomUUID(), garmentIds, score: 1, compatibility: 0.5, parts: [], reason: "because" };
  t.equal((await killedWithin(() => outfits.save("anna", draft))).code, Code.Unavailable);
  t.same(await outfits.list("anna", { after: undefined, limit: 10 }), []);
  const { outfit, existed } = await outfits.save("anna", draft);
  t.equal(existed, false);
  t.same(await outfits.list("anna", { after: undefined, limit: 10 }), [outfit]);
  t.same(await outfits.save("anna", { ...draft, reason: "another" }), { outfit, existed: true });
});

t.test(
  "two changes of a garment at the same time are both made, each a revision, and each correction counts",
  async (t) => {
    const [id] = await twoGarments();
    const changes = createGarmentChanges(sql);
    const none = { category: undefined, colour: undefined, priceCents: undefined, tags: undefined };
    const many = Array.from({ length: 10 }, (_, n) => ({
      ...none,
      ...(n % 2 ? { category: "hat" } : { priceCents: n }),
    }));
    const open = await Promise.all(many.map((change) => changes.begin(id, "anna", change)));
    t.same(
      open.map((one) => Number(one?.revision)).sort((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    t.match(await changes.corrections(), { length: 1 }, "a hat is made of it once");
    const [row] = await sql`select category, open_changes from fusion.garments where id = ${id}`;
    t.same(row, { category: "hat", open_changes: 10 });
  },
);

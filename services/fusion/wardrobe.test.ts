import { Code, ConnectError } from "@connectrpc/connect";
import sharp from "sharp";
import t from "tap";
import { Action } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { codeOf, refusal } from "../../test/support/calls.ts";
import { startPostgres } from "../../test/support/postgres.ts";
import { freshFusion, fusionDatabase, plainPhoto } from "./local-fusion.ts";

const server = await startPostgres();
const sql = await fusionDatabase(server.url);
t.teardown(async () => {
  await sql.end({ timeout: 1 });
  await server.stop();
});

t.test("a garment is stored with its picture, its vectors and what the encoder saw", async (t) => {
  const { wardrobe, upstreams } = await freshFusion(sql);
  const { garment, existed } = await wardrobe.addGarment({ garment: { ownerId: "anna", photo: await plainPhoto(1) } });
  t.equal(existed, false);
  t.match(garment, { ownerId: "anna", category: "t-shirt", colour: "red", caption: "a red t-shirt" });
  const id = garment?.id ?? "";
  t.match(upstreams.items.get(id), { ownerId: "anna", category: "t-shirt", colour: "red", embeddings: { length: 3 } });
  t.same((await wardrobe.getGarment({ id, userId: "anna" })).garment, garment);
  const { photo } = await wardrobe.getGarmentPhoto({ id, userId: "anna" });
  t.match(await sharp(photo).metadata(), { format: "webp", width: 24, height: 24 });
});

t.test("what the caller says of a garment wins over what the encoder saw", async (t) => {
  const { wardrobe, upstreams } = await freshFusion(sql);
  const garment = { photo: await plainPhoto(1), category: "hat", colour: "blue" };
  const added = await wardrobe.addGarment({ garment });
  t.match(added.garment, { ownerId: "", category: "hat", colour: "blue" });
  t.match(upstreams.items.get(added.garment?.id ?? ""), { category: "hat", colour: "blue" });
});

t.test("the same photo of the same owner is the same garment and is not encoded again", async (t) => {
  const { wardrobe, upstreams } = await freshFusion(sql);
  const garment = { ownerId: "anna", photo: await plainPhoto(1) };
  const first = await wardrobe.addGarment({ garment });
  upstreams.calls.length = 0;
  t.same(await wardrobe.addGarment({ garment }), { ...first, existed: true });
  t.same(upstreams.calls, []);
  t.not((await wardrobe.addGarment({ garment: { ...garment, ownerId: "bert" } })).garment?.id, first.garment?.id);
});

t.test("of ten simultaneous calls for one garment one adds it", async (t) => {
  const { wardrobe, upstreams } = await freshFusion(sql);
  const garment = { ownerId: "anna", photo: await plainPhoto(1) };
  const answers = await Promise.all(Array.from({ length: 10 }, () => wardrobe.addGarment({ garment })));
  t.equal(answers.filter(({ existed }) => !existed).length, 1);
  t.equal(new Set(answers.map((answer) => answer.garment?.id)).size, 1);
  t.equal(upstreams.items.size, 1);
});

t.test("a garment is seen by its owner, one of the catalogue by everybody", async (t) => {
  const { wardrobe } = await freshFusion(sql);
  const own =
    (await wardrobe.addGarment({ garment: { ownerId: "anna", photo: await plainPhoto(1) } })).garment?.id ?? "";
  const all = (await wardrobe.addGarment({ garment: { photo: await plainPhoto(1) } })).garment?.id ?? "";
  for (const userId of ["", "bert"]) {
    t.equal(await codeOf(wardrobe.getGarment({ id: own, userId })), Code.NotFound);
    t.equal(await codeOf(wardrobe.getGarmentPhoto({ id: own, userId })), Code.NotFound);
    t.equal((await wardrobe.getGarment({ id: all, userId })).garment?.id, all);
  }
  t.equal(await codeOf(wardrobe.getGarment({ id: "not a uuid" })), Code.NotFound);
  t.equal(await codeOf(wardrobe.getGarmentPhoto({ id: "not a uuid" })), Code.NotFound);
});

t.test("a screenful of pictures comes in the order asked for, without those of other people", async (t) => {
  const { wardrobe } = await freshFusion(sql);
  const add = async (ownerId: string, red: number) =>
    (await wardrobe.addGarment({ garment: { ownerId, photo: await plainPhoto(red) } })).garment?.id ?? "";
  const [own, all, other] = [await add("anna", 1), await add("", 2), await add("bert", 3)];
  const { photos } = await wardrobe.batchGetGarmentPhotos({ ids: [all, other, "not a uuid", own], userId: "anna" });
  t.same(
    photos.map(({ id }) => id),
    [all, own],
  );
  const [first] = photos;
  t.same(first?.photo, (await wardrobe.getGarmentPhoto({ id: all, userId: "anna" })).photo);
});

t.test("only its owner deletes a garment, and then it is nowhere", async (t) => {
  const { wardrobe, upstreams } = await freshFusion(sql);
  const id =
    (await wardrobe.addGarment({ garment: { ownerId: "anna", photo: await plainPhoto(1) } })).garment?.id ?? "";
  for (const userId of ["", "bert"]) t.equal(await codeOf(wardrobe.deleteGarment({ id, userId })), Code.NotFound);
  await wardrobe.deleteGarment({ id, userId: "anna" });
  t.equal(upstreams.items.size, 0);
  t.equal(await codeOf(wardrobe.getGarment({ id, userId: "anna" })), Code.NotFound);
  t.equal(await codeOf(wardrobe.deleteGarment({ id, userId: "anna" })), Code.NotFound);
  const shared = (await wardrobe.addGarment({ garment: { photo: await plainPhoto(2) } })).garment?.id ?? "";
  t.equal(await codeOf(wardrobe.deleteGarment({ id: shared, userId: "anna" })), Code.NotFound);
  await wardrobe.deleteGarment({ id: shared });
  t.equal(upstreams.items.size, 0);
});

t.test("a bad photo is refused under its field, whether we or the encoder find out", async (t) => {
  const { wardrobe, upstreams } = await freshFusion(sql);
  const hello = await refusedFor(wardrobe.addGarment({ garment: { photo: Buffer.from("hello") } }));
  t.match(hello, { code: Code.InvalidArgument, fields: ["garment.photo"] });
  upstreams.replace.encoder = {
    encode() {
      const fieldViolations = [{ field: "photo", description: "too dark" }];
      throw new ConnectError("photo: too dark", Code.InvalidArgument, { "content-type": "x" }, [
        { desc: BadRequestSchema, value: { fieldViolations } },
      ]);
    },
  };
  const dark = await refusedFor(wardrobe.addGarment({ garment: { photo: await plainPhoto(1) } }));
  t.match(dark, { code: Code.InvalidArgument, fields: ["garment.photo"], message: /too dark/ });
  const zero = await refusedFor(
    wardrobe.addGarment({ garment: { ownerId: "a\0", photo: await plainPhoto(1), colour: "\0" } }),
  );
  t.match(zero, { code: Code.InvalidArgument, fields: ["garment.owner_id", "garment.colour"] });
  t.equal((await wardrobe.listGarments({})).total, 0n);
});

t.test("nothing is stored while a model or the index is away; afterwards the same call works", async (t) => {
  const { wardrobe, upstreams } = await freshFusion(sql);
  const garment = { photo: await plainPhoto(1) };
  upstreams.replace.encoder = { encode: () => ({ unavailable: ["blip"] }) };
  t.match(await refusedFor(wardrobe.addGarment({ garment })), { code: Code.Unavailable, message: /blip/ });
  upstreams.replace.encoder = {};
  upstreams.replace.index = { upsert: away };
  t.equal(await codeOf(wardrobe.addGarment({ garment })), Code.Unavailable);
  t.equal((await wardrobe.listGarments({})).total, 0n);
  upstreams.replace.index = {};
  t.equal((await wardrobe.addGarment({ garment })).existed, false);
  t.equal((await wardrobe.listGarments({})).total, 1n);
});

t.test("what stopped half way is swept away, from the index too, and ready garments stay", async (t) => {
  const { wardrobe, upstreams, sweep } = await freshFusion(sql);
  const [kept, leaving] = [
    (await wardrobe.addGarment({ garment: { photo: await plainPhoto(1) } })).garment?.id ?? "",
    (await wardrobe.addGarment({ garment: { photo: await plainPhoto(2) } })).garment?.id ?? "",
  ];
  upstreams.replace.index = { delete: away, upsert: away };
  t.equal(await codeOf(wardrobe.deleteGarment({ id: leaving })), Code.Unavailable);
  t.equal(await codeOf(wardrobe.addGarment({ garment: { photo: await plainPhoto(3) } })), Code.Unavailable);
  t.equal(await codeOf(wardrobe.addGarment({ garment: { photo: await plainPhoto(2) } })), Code.Unavailable);
  t.equal(await codeOf(sweep()), Code.Unavailable);
  upstreams.replace.index = {};
  t.equal(await sweep(), 2);
  t.equal(await sweep(), 0);
  t.same([...upstreams.items.keys()], [kept]);
  t.equal((await sql`select from fusion.garments`).length, 1);
});

t.test("a list is paged newest first, every garment once, while others come and go", async (t) => {
  const { wardrobe } = await freshFusion(sql);
  const ids: string[] = [];
  for (let n = 0; n < 7; n++) {
    const category = n % 2 ? "hat" : "shoes";
    ids.unshift(
      (await wardrobe.addGarment({ garment: { ownerId: "anna", photo: await plainPhoto(n), category } })).garment?.id ??
        "",
    );
  }
  // Garments of one instant are told apart by their ids.
  await sql`update fusion.garments set created_at = '2026-01-01T00:00:00.123457Z' where id = any(${ids.slice(2, 5)}::uuid[])`;
  const whole = await wardrobe.listGarments({ ownerId: "anna" });
  t.same([whole.total, whole.nextPageToken, whole.garments.length], [7n, "", 7]);
  const seen: string[] = [];
  let pageToken = "";
  do {
    const page = await wardrobe.listGarments({ ownerId: "anna", pageSize: 2, pageToken });
    seen.push(...page.garments.map(({ id }) => id));
    if (pageToken === "") await wardrobe.addGarment({ garment: { ownerId: "anna", photo: await plainPhoto(99) } });
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  t.same(
    seen,
    whole.garments.map(({ id }) => id),
  );
  const hats = await wardrobe.listGarments({ ownerId: "anna", categories: ["hat"], pageSize: 2 });
  t.same([hats.total, hats.garments.length], [3n, 2]);
  for (const other of [
    { ownerId: "bert", pageToken: hats.nextPageToken },
    { ownerId: "anna", pageToken: "AAAA" },
  ]) {
    t.match(await refusedFor(wardrobe.listGarments(other)), { code: Code.InvalidArgument, fields: ["page_token"] });
  }
});

t.test("of many garments a bad one ends only itself, and answers keep the order", async (t) => {
  const { wardrobe } = await freshFusion(sql);
  const good = await plainPhoto(1);
  async function* requests() {
    yield { key: "a", garment: { photo: good } };
    yield { key: "b", garment: { photo: Buffer.from("hello") } };
    yield { key: "c" };
    yield { key: "d", garment: { photo: new Uint8Array(0) } };
    yield { key: "e", garment: { photo: good, ownerId: "x".repeat(129) } };
    for (let n = 2; n < 9; n++) yield { key: `f${n}`, garment: { photo: await plainPhoto(n) } };
    yield { key: "z", garment: { photo: good } };
  }
  const answers: string[] = [];
  for await (const { key, result } of wardrobe.addGarments(requests())) {
    if (result.case === "added") answers.push(`${key} ${result.value.existed ? "existed" : "added"}`);
    if (result.case === "refused") answers.push(`${key} ${result.value.code} ${result.value.message.split(":")[0]}`);
  }
  t.same(answers, [
    "a added",
    "b invalid_argument garment.photo",
    "c invalid_argument garment",
    "d invalid_argument garment.photo",
    "e invalid_argument garment.owner_id",
    ...[2, 3, 4, 5, 6, 7, 8].map((n) => `f${n} added`),
    "z existed",
  ]);
});

t.test("price and tags are kept, and changes of a garment are seen everywhere; its vectors stay", async (t) => {
  const { wardrobe, upstreams } = await freshFusion(sql);
  const garment = { ownerId: "anna", photo: await plainPhoto(1), priceCents: 4_294_967_295, tags: ["party", "party"] };
  const id = (await wardrobe.addGarment({ garment })).garment?.id ?? "";
  const before = upstreams.items.get(id);
  t.match(before, { priceCents: 4_294_967_295, tags: ["party"] });
  const change = { id, userId: "anna", category: "hat", priceCents: 0, tags: { tags: ["office"] } };
  const changed = (await wardrobe.updateGarment(change)).garment;
  t.match(changed, { id, category: "hat", colour: "red", priceCents: 0, tags: ["office"] });
  t.same((await wardrobe.getGarment({ id, userId: "anna" })).garment, changed);
  t.match(upstreams.items.get(id), { category: "hat", colour: "red", priceCents: 0, tags: ["office"] });
  t.same(upstreams.items.get(id)?.embeddings, before?.embeddings);
  t.same((await wardrobe.updateGarment({ id, userId: "anna" })).garment, changed, "nothing given, nothing changed");
  for (const userId of ["", "bert"]) {
    t.equal(await codeOf(wardrobe.updateGarment({ id, userId, category: "shoes" })), Code.NotFound);
  }
  t.equal(await codeOf(wardrobe.updateGarment({ id: "no uuid", userId: "anna" })), Code.NotFound);
});

t.test(
  "a correction of category or colour is told to Feedback once, as soon as it can be; a price is none",
  async (t) => {
    const { wardrobe, upstreams, sweep } = await freshFusion(sql);
    const add = async (ownerId: string, red: number) =>
      (await wardrobe.addGarment({ garment: { ownerId, photo: await plainPhoto(red) } })).garment?.id ?? "";
    const [own, shared] = [await add("anna", 1), await add("", 2)];
    upstreams.replace.feedback = { recordEvents: away };
    await wardrobe.updateGarment({ id: own, userId: "anna", colour: "blue" });
    t.match((await wardrobe.getGarment({ id: own, userId: "anna" })).garment, { colour: "blue" });
    t.equal(await codeOf(sweep()), Code.Unavailable);
    upstreams.replace.feedback = {};
    await sweep();
    await sweep();
    await wardrobe.updateGarment({ id: own, userId: "anna", colour: "blue", priceCents: 5 });
    await wardrobe.updateGarment({ id: shared, colour: "blue" });
    t.match(upstreams.events, [{ userId: "anna", itemId: own, action: Action.CORRECT }]);
    t.equal(upstreams.events.length, 1);
    await wardrobe.updateGarment({ id: own, userId: "anna", category: "hat" });
    t.equal(upstreams.events.length, 2);
  },
);

t.test(
  "a change that stopped half way reaches the Index with the sweep; of many at once the row's word is the last",
  async (t) => {
    const { wardrobe, upstreams, sweep } = await freshFusion(sql);
    const id = (await wardrobe.addGarment({ garment: { photo: await plainPhoto(1) } })).garment?.id ?? "";
    upstreams.replace.index = { upsert: away };
    t.equal(await codeOf(wardrobe.updateGarment({ id, colour: "blue" })), Code.Unavailable);
    upstreams.replace.index = {};
    t.equal(upstreams.items.get(id)?.colour, "red");
    t.equal(await sweep(), 0, "it is no garment that stopped half way");
    t.equal(upstreams.items.get(id)?.colour, "blue");
    const colours = ["red", "green", "black", "white", "pink"];
    await Promise.all(colours.map((colour) => wardrobe.updateGarment({ id, colour })));
    t.equal(upstreams.items.get(id)?.colour, (await wardrobe.getGarment({ id })).garment?.colour);
    t.same(await sql`select from fusion.garments where open_changes <> 0`, []);
  },
);

t.test("a garment that is deleted while it is changed is nowhere afterwards", async (t) => {
  const { wardrobe, upstreams, sweep } = await freshFusion(sql);
  const id = (await wardrobe.addGarment({ garment: { photo: await plainPhoto(1) } })).garment?.id ?? "";
  const { items } = upstreams;
  const stored = items.get(id);
  upstreams.replace.index = {
    async get() {
      await wardrobe.deleteGarment({ id });
      t.equal(items.size, 0);
      return { item: stored };
    },
  };
  t.equal(await codeOf(wardrobe.updateGarment({ id, colour: "blue" })), Code.NotFound);
  t.equal(items.size, 0);
  await sweep();
  t.equal((await sql`select from fusion.garments`).length, 0);
});

t.test(
  "erasure removes everything of the person and nothing of others, from every table; it can be repeated",
  async (t) => {
    const { wardrobe, upstreams } = await freshFusion(sql);
    const name = "anna-who-leaves";
    const add = async (ownerId: string, red: number) =>
      (await wardrobe.addGarment({ garment: { ownerId, photo: await plainPhoto(red) } })).garment?.id ?? "";
    const [first, second, other] = [await add(name, 1), await add(name, 2), await add("bert", 1)];
    upstreams.replace.feedback = { recordEvents: away };
    await wardrobe.updateGarment({ id: first, userId: name, colour: "blue" });
    upstreams.replace.feedback = {};
    await sql`insert into fusion.outfits (user_id, id, score, compatibility, parts, reason)
    values (${name}, ${first}, 1, 1, '[]', '')`;
    t.ok((await rowsWith(name)) > 0);
    const { removed } = await wardrobe.erasePerson({ userId: name });
    t.same(removed, { garments: 2n, index_items: 2n, outfits: 1n, corrections: 1n, "feedback.event": 0n });
    t.equal(await rowsWith(name), 0);
    t.same([...upstreams.items.keys()], [other]);
    for (const id of [first, second]) t.equal(await codeOf(wardrobe.getGarment({ id, userId: name })), Code.NotFound);
    const again = await wardrobe.erasePerson({ userId: name });
    t.same(
      Object.values(again.removed).filter((count) => count > 0n),
      [],
    );
    t.equal((await wardrobe.getGarment({ id: other, userId: "bert" })).garment?.id, other);
  },
);

t.test("erasure waits for nobody: what is just being added goes as well, and until then it says so", async (t) => {
  const { wardrobe, upstreams } = await freshFusion(sql);
  const { items, index } = upstreams;
  const reached = Promise.withResolvers<void>();
  const erased = Promise.withResolvers<void>();
  upstreams.replace.index = {
    async upsert(request) {
      reached.resolve();
      await erased.promise;
      upstreams.replace.index = {};
      return index.upsert(request);
    },
  };
  const adding = codeOf(wardrobe.addGarment({ garment: { ownerId: "anna", photo: await plainPhoto(1) } }));
  await reached.promise;
  t.match(await refusedFor(wardrobe.erasePerson({ userId: "anna" })), {
    code: Code.Unavailable,
    message: /1 garments/,
  });
  erased.resolve();
  t.equal(await adding, Code.Unavailable);
  t.equal(items.size, 0, "what was added meanwhile is out of the Index again");
  t.equal((await wardrobe.erasePerson({ userId: "anna" })).removed.garments, 1n);
  t.equal((await sql`select from fusion.garments`).length, 0);
});

/** Rows of any table in which the text stands in any column. */
async function rowsWith(text: string): Promise<number> {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`;
  let count = 0;
  for (const { name } of tables) {
    const [row] = await sql.unsafe<{ n: number }[]>(
      `select count(*)::int4 as n from ${name} as one where strpos(one::text, $1) > 0`,
      [text],
    );
    count += row?.n ?? 0;
  }
  return count;
}

function away(): never {
  throw new ConnectError("away", Code.Unavailable);
}

/** What a call is refused with, and for which fields. */
async function refusedFor(call: Promise<unknown>) {
  const error = await refusal(call);
  const fields = error.findDetails(BadRequestSchema).flatMap((d) => d.fieldViolations.map(({ field }) => field));
  return { code: error.code, message: error.rawMessage, fields };
}

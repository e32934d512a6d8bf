import { Code, ConnectError } from "@connectrpc/connect";
import sharp from "sharp";
import t from "tap";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.ts";
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
  const hello = await refusal(wardrobe.addGarment({ garment: { photo: Buffer.from("hello") } }));
  t.match(hello, { code: Code.InvalidArgument, fields: ["garment.photo"] });
  upstreams.replace.encoder = {
    encode() {
      const fieldViolations = [{ field: "photo", description: "too dark" }];
      throw new ConnectError("photo: too dark", Code.InvalidArgument, { "content-type": "x" }, [
        { desc: BadRequestSchema, value: { fieldViolations } },
      ]);
    },
  };
  const dark = await refusal(wardrobe.addGarment({ garment: { photo: await plainPhoto(1) } }));
  t.match(dark, { code: Code.InvalidArgument, fields: ["garment.photo"], message: /too dark/ });
  const zero = await refusal(
    wardrobe.addGarment({ garment: { ownerId: "a\0", photo: await plainPhoto(1), colour: "\0" } }),
  );
  t.match(zero, { code: Code.InvalidArgument, fields: ["garment.owner_id", "garment.colour"] });
  t.equal((await wardrobe.listGarments({})).total, 0n);
});

t.test("nothing is stored while a model or the index is away; afterwards the same call works", async (t) => {
  const { wardrobe, upstreams } = await freshFusion(sql);
  const garment = { photo: await plainPhoto(1) };
  upstreams.replace.encoder = { encode: () => ({ unavailable: ["blip"] }) };
  t.match(await refusal(wardrobe.addGarment({ garment })), { code: Code.Unavailable, message: /blip/ });
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
    t.match(await refusal(wardrobe.listGarments(other)), { code: Code.InvalidArgument, fields: ["page_token"] });
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

function away(): never {
  throw new ConnectError("away", Code.Unavailable);
}

async function refusal(answer: Promise<unknown>) {
  const error = ConnectError.from(
    await answer.then(
      () => new Error("was answered"),
      (reason: unknown) => reason,
    ),
  );
  const fields = error.findDetails(BadRequestSchema).flatMap((d) => d.fieldViolations.map(({ field }) => field));
  return { code: error.code, message: error.rawMessage, fields };
}

async function codeOf(answer: Promise<unknown>) {
  return (await refusal(answer)).code;
}

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import t from "tap";
import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { Action, FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { type Child, startChild } from "../../test/support/child.ts";
import { startPostgres } from "../../test/support/postgres.ts";
import { meshClient } from "../kit/client.ts";
import { fusionDatabase, localFusion } from "./local-fusion.ts";

/** Fusion's handlers with the real Encoder, Index and Feedback as processes, on photographs. */

const photos = process.env.FLASHFIT_PHOTOS ?? "../shared/data/clothing";
const skip = existsSync(photos)
  ? false
  : `no photographs in ${photos}: set FLASHFIT_PHOTOS to a folder with train/ and validation/`;

t.test("photographs, real models, a real index, real feedback", { skip }, async (t) => {
  const server = await startPostgres();
  const children: Child[] = [];
  const sql = await fusionDatabase(server.url);
  t.teardown(async () => {
    await Promise.all(children.map((child) => child.end("SIGTERM")));
    await sql.end({ timeout: 1 });
    await server.stop();
  });

  /** Starts a service on a free port and returns the url that it announces. */
  async function start(name: string): Promise<string> {
    const main = fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url));
    const upper = name.toUpperCase();
    const settings = {
      [`${upper}_PORT`]: "0",
      [`${upper}_METRICS_PORT`]: "0",
      FAISS_METRICS_PORT: "0",
      DATABASE_URL: server.url,
    };
    const set = Object.entries(settings).map(([variable, value]) => `${variable}=${value}`);
    const child = await startChild("env", [...set, process.execPath, main], /"event":"serving"/);
    children.push(child);
    const listening = child
      .output()
      .split("\n")
      .find((line) => line.includes('"event":"listening"'));
    return JSON.parse(listening ?? "{}").url;
  }
  // One after the other, so that what was started is ended when the next one does not start.
  const upstreams = {
    feedback: meshClient(FeedbackService, { baseUrl: await start("feedback") }),
    index: meshClient(IndexService, { baseUrl: await start("index") }),
    encoder: meshClient(EncoderService, { baseUrl: await start("encoder") }),
  };
  const { wardrobe, recommender, sweep } = localFusion(sql, upstreams);

  /** Resolves when so many events of a person were learned from. */
  async function learned(userId: string, events: bigint): Promise<void> {
    while (((await upstreams.feedback.getProfile({ userId })).profile?.eventCount ?? 0n) < events) {
      await new Promise((resolve) => setTimeout(resolve, 20)); // pace of the poll
    }
  }

  const categories = (await readdir(path.join(photos, "validation"))).sort();
  const fileIn = async (set: string, category: string, n: number) => {
    const folder = path.join(photos, set, category);
    const name = (await readdir(folder)).sort()[n] ?? "";
    return new Uint8Array(await readFile(path.join(folder, name)));
  };

  await t.test("garments stream in, eight of each category", async (t) => {
    async function* requests() {
      for (const category of categories) {
        for (let n = 0; n < 8; n++)
          yield { key: `${category} ${n}`, garment: { category, photo: await fileIn("validation", category, n) } };
      }
    }
    for await (const { key, result } of wardrobe.addGarments(requests())) t.equal(result.case, "added", key);
    t.equal((await wardrobe.listGarments({})).total, BigInt(8 * categories.length));
  });

  await t.test("a photo of shoes that was never stored finds shoes", async (t) => {
    const query = { case: "photo", value: await fileIn("train", "shoes", 3) } as const;
    const { items, degraded, understanding } = await recommender.recommend({ query, k: 5 });
    t.same(degraded, []);
    t.equal(understanding?.category, "shoes");
    t.ok(items.filter(({ category }) => category === "shoes").length >= 3, items.map((item) => item.category).join());
  });

  await t.test("so does a sentence", async (t) => {
    const { items } = await recommender.recommend({ query: { case: "text", value: "a photo of shoes" }, k: 5 });
    t.ok(items.filter(({ category }) => category === "shoes").length >= 3, items.map((item) => item.category).join());
  });

  await t.test(
    "a garment is found by the very next call, its like goes into the next answer, and a deleted one is gone",
    async (t) => {
      const photo = await fileIn("train", "dress", 0);
      const added = await wardrobe.addGarment({ garment: { ownerId: "anna", photo } });
      const id = added.garment?.id ?? "";
      const query = { case: "photo", value: photo } as const;
      const [first] = (await recommender.recommend({ query, userId: "anna", policy: "baseline" })).items;
      t.match(first, { id, owned: true });
      const skipped = (await recommender.recommend({ query })).items[0]?.id ?? "";
      const event = { userId: "anna", itemId: skipped, action: Action.DISLIKE, eventId: "1" };
      await upstreams.feedback.recordEvents({
        events: [event, { ...event, eventId: "2", itemId: id, action: Action.LIKE }],
      });
      await learned("anna", 2n);
      // Nobody follows the stream here, so that nothing is known of everybody and the policy is named.
      const { items, degraded } = await recommender.recommend({ query, userId: "anna", policy: "baseline" });
      t.same(degraded, []);
      t.notOk(items.some((item) => item.id === skipped));
      t.match(items[0]?.reason, /you liked it before/);
      await wardrobe.deleteGarment({ id, userId: "anna" });
      t.notOk((await recommender.recommend({ query, userId: "anna" })).items.some((item) => item.id === id));
      t.equal(await sweep(), 0);
    },
  );
});

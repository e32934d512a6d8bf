import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createClient } from "@connectrpc/connect";
import type { Test } from "tap";
import { Action, FeedbackService } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { OutfitService } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { WardrobeService } from "../../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import type { TestMesh } from "../../support/mesh.ts";
import { run } from "../../support/run.ts";
import { edgeTransport } from "../clients.ts";

const photos = path.resolve(process.env.FLASHFIT_PHOTOS ?? "../shared/data/clothing");

/** What people wear together, of real photographs. */
export function outfitTests(t: Test, mesh: TestMesh): void {
  if (!existsSync(photos)) {
    const why = `skipped: no photographs at ${photos}; set FLASHFIT_PHOTOS to a folder with train/<category> and validation/<category>`;
    t.pass("needs real photographs", { skip: why });
    return;
  }
  const transport = edgeTransport(mesh, 30_000);
  const outfits = createClient(OutfitService, transport);
  const wardrobe = createClient(WardrobeService, transport);
  const feedback = createClient(FeedbackService, transport);
  const ids = new Map<string, string>();

  t.test("a few photographs become garments", async (t) => {
    const add = async (category: string, n: number) => {
      const folder = path.join(photos, "validation", category);
      const photo = readFileSync(path.join(folder, readdirSync(folder).sort()[n] ?? ""));
      const { garment } = await wardrobe.addGarment({ garment: { category, photo } });
      ids.set(`${category} ${n}`, garment?.id ?? "");
    };
    const wanted = ["t-shirt", "shirt", "pants", "skirt", "dress", "shoes"].flatMap((category) =>
      [0, 1].map((n) => [category, n] as const),
    );
    await Promise.all(wanted.map(([category, n]) => add(category, n)));
    t.equal(new Set(ids.values()).size, 12);
  });

  t.test("outfits through the edge: whole, explained, answered to, kept", async (t) => {
    const answer = await outfits.composeOutfits({ userId: "anna", k: 4 });
    t.same(answer.degraded, []);
    t.equal(answer.outfits.length, 4);
    for (const { parts, score, reason } of answer.outfits) {
      t.ok(Math.abs(parts.reduce((sum, { contribution }) => sum + contribution, 0) - score) < 1e-6);
      t.match(reason, /\([+−]\d/);
    }
    const last = answer.outfits.at(-1);
    const event = { eventId: "worn", userId: "anna", itemId: last?.id ?? "", action: Action.WEAR_OUTFIT };
    const recorded = await feedback.recordEvents({ events: [{ ...event, recommendationId: answer.recommendationId }] });
    t.equal(recorded.recorded, 1);
    const itemIds = last?.garments.map(({ id }) => id) ?? [];
    t.equal((await outfits.saveOutfit({ userId: "anna", itemIds })).outfit?.id, last?.id);
    t.same(
      (await outfits.listOutfits({ userId: "anna" })).outfits.map(({ id }) => id),
      [last?.id],
    );
    t.same((await outfits.listOutfits({ userId: "bert" })).outfits, []);
  });

  t.test("flashfit outfit completes a look, in words and as JSON", async (t) => {
    const shirt = ids.get("shirt 0") ?? "";
    const flashfit = (...args: string[]) =>
      run(process.execPath, ["bin/flashfit.mjs", "outfit", shirt, ...args], {
        FLASHFIT_URL: mesh.edgeUrl,
        FLASHFIT_CA: mesh.caFile,
        FLASHFIT_HOME: mesh.home,
      });
    const said = await flashfit("--k", "2");
    t.equal(said.code, 0, "exit code", said);
    t.match(said.stdout, /shirt [0-9a-f]{8} \(given\) \+ .*shoes/);
    const json = JSON.parse((await flashfit("--json", "--k", "2")).stdout);
    t.equal(json.outfits.length, 2);
    t.ok(
      json.outfits.every((one: { garments: { id: string; given: boolean }[] }) =>
        one.garments.some(({ id, given }) => id === shirt && given),
      ),
    );
  });
}

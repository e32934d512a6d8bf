import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { drawnPhoto } from "../../test/support/drawn-photo.ts";
import { readPhotos } from "../encoder/photos.ts";
import { answer, measureOptions } from "../index/measure.ts";
import { type RecommendLoad, recommendLoad } from "./recommend-load.ts";
import { perCall, readTotals } from "./stages.ts";
import { startWorld, type World } from "./world.ts";

// Recommend as shoppers get it: through Envoy's edge (TLS, HTTP/2, Connect) for one person who is known, from a garment of the
// catalogue and from a photo that nobody has sent before. First one caller alone, then as many calls as are answered, then
// half of that, by Poisson. The client runs on the same processors.

/** Callers at a time that make the peak. */
const PEAK_CALLERS = 16;

const { quick, seed } = measureOptions();
const garments = quick ? 60 : 200;
const seconds = quick ? 5 : 15;
const folder = mkdtempSync(join(tmpdir(), "flashfit-bench-"));
const ratios: Record<string, number | null> = {};
const figures: Record<string, unknown> = { garments, peakCallers: PEAK_CALLERS, seed };
let world: World | undefined;
try {
  const photos = (await readPhotos(garments, seed)) ?? (await drawn());
  world = await startWorld(0, seed);
  const { mesh, userId } = world;
  const files = photos.map((photo, n) => {
    const file = join(folder, `${n}.jpg`);
    writeFileSync(file, photo);
    return file;
  });
  const itemIds = await addGarments(world, photos);
  await world.learn(itemIds.slice(0, 20));
  for (const kind of ["item", "photo"] as const) {
    const load: RecommendLoad = {
      ...{ url: mesh.edgeUrl, caFile: mesh.caFile, kind, userId, itemIds, photos: files, seconds, seed },
    };
    // For compilers.
    await recommendLoad({ ...load, callers: 4 });
    const before = await totals(world);
    const unloaded = await recommendLoad({ ...load, callers: 1 });
    const stages = perCall(before, await totals(world), unloaded.calls + 20);
    const peak = await recommendLoad({ ...load, callers: PEAK_CALLERS });
    const half = await recommendLoad({ ...load, perSecond: peak.callsPerSecond / 2 });
    // At the peak some may be refused: that is how an overload is told.
    for (const [name, { refused }] of Object.entries({ unloaded, half })) {
      const said = JSON.stringify(refused);
      if (said !== "{}") throw new Error(`expected an answer to every call, got refusals (${kind}, ${name}): ${said}`);
    }
    ratios[`${kind}_p95_at_half_peak_over_unloaded`] = half.p95Ms / unloaded.p95Ms;
    figures[kind] = { unloaded: { ...unloaded, ...stages }, peak, halfPeak: half };
  }
} finally {
  await world?.mesh.stop();
  rmSync(folder, { recursive: true });
}
answer({ ratios, figures });

function drawn(): Promise<Buffer[]> {
  const colour = (n: number) => `#${((n * 2_654_435) & 0xffffff).toString(16).padStart(6, "0")}`;
  return Promise.all(Array.from({ length: garments }, async (_, n) => Buffer.from(await drawnPhoto(480, colour(n)))));
}

/** @returns their ids */
async function addGarments({ mesh }: World, photos: readonly Buffer[]): Promise<string[]> {
  const nodeOptions = { ca: mesh.ca };
  const transport = createConnectTransport({ baseUrl: mesh.edgeUrl, httpVersion: "2", nodeOptions });
  const wardrobe = createClient(WardrobeService, transport);
  const ids: string[] = [];
  for (let at = 0; at < photos.length; at += 4) {
    const added = photos.slice(at, at + 4).map((photo) => wardrobe.addGarment({ garment: { photo } }));
    for (const { garment } of await Promise.all(added)) ids.push(garment?.id ?? "");
  }
  return ids;
}

async function totals({ metricsUrl }: World) {
  return readTotals(await (await fetch(metricsUrl)).text());
}

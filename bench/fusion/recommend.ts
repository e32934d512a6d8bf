import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { noPhotographs } from "../../eval/photographs.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { edgeTransport } from "../../test/mesh/clients.ts";
import { drawnPhoto } from "../../test/support/drawn-photo.ts";
import { answer, measureOptions } from "../support/measure.ts";
import { readPhotos } from "../support/photos.ts";
import { Metrics } from "../support/prometheus.ts";
import { runForJson } from "../support/script.ts";
import type { RecommendLoad, RecommendLoadSummary } from "./recommend-client.ts";
import { perCall, totalsOf } from "./stages.ts";
import { startWorld, type World } from "./world.ts";

// Recommend as shoppers get it: through Envoy's edge (TLS, HTTP/2, Connect) for one person who is known, from a garment of the
// catalogue and from a photo that nobody has sent before. First one caller alone, then as many calls as are answered, then
// half of that: evenly, as wrk2 and k6 send, and by Poisson. The client runs on the same processors.

/** Callers at a time that make the peak. */
const PEAK_CALLERS = 16;
/** Before the clock of a load starts. */
const FIRST_CALLS = 20;

const { quick, seed } = measureOptions();
const garments = quick ? 60 : 200;
const seconds = quick ? 5 : 15;
const folder = mkdtempSync(join(tmpdir(), "flashfit-bench-"));
const ratios: Record<string, number | null> = {};
const figures: Record<string, unknown> = { garments, peakCallers: PEAK_CALLERS, seed };
const skipped: string[] = [];
let world: World | undefined;
try {
  const real = await readPhotos(garments, seed);
  if (!real) skipped.push(`recommend with photographs: ${noPhotographs("validation")}; drawn ones are sent instead`);
  const photos = real ?? (await drawn());
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
    const common = { url: mesh.edgeUrl, caFile: mesh.caFile, kind, userId, itemIds, photos: files, seconds, seed };
    const recommend = (load: RecommendLoad["load"]) => {
      const job: RecommendLoad = { ...common, firstCalls: FIRST_CALLS, load };
      return runForJson<RecommendLoadSummary>(new URL("recommend-client.ts", import.meta.url), job);
    };
    // For compilers.
    await recommend({ callers: 4 });
    const before = await totals(world);
    const unloaded = await recommend({ callers: 1 });
    const stages = perCall(before, await totals(world), unloaded.calls + FIRST_CALLS);
    const peak = await recommend({ callers: PEAK_CALLERS });
    const perSecond = peak.callsPerSecond / 2;
    const half = await recommend({ perSecond, arrivals: "even" });
    const halfPoisson = await recommend({ perSecond, arrivals: "poisson" });
    // At the peak some may be refused: that is how an overload is told.
    for (const [name, { refused }] of Object.entries({ unloaded, half, halfPoisson })) {
      const said = JSON.stringify(refused);
      if (said !== "{}") throw new Error(`expected an answer to every call, got refusals (${kind}, ${name}): ${said}`);
    }
    ratios[`${kind}_p95_at_half_peak_over_unloaded`] = half.p95Ms / unloaded.p95Ms;
    ratios[`${kind}_p95_at_half_peak_poisson_over_unloaded`] = halfPoisson.p95Ms / unloaded.p95Ms;
    figures[kind] = { unloaded: { ...unloaded, ...stages }, peak, halfPeak: half, halfPeakPoisson: halfPoisson };
  }
} finally {
  await world?.mesh.stop();
  rmSync(folder, { recursive: true });
}
answer({ ratios, figures, skipped });

function drawn(): Promise<Buffer[]> {
  const colour = (n: number) => `#${((n * 2_654_435) & 0xffffff).toString(16).padStart(6, "0")}`;
  return Promise.all(Array.from({ length: garments }, async (_, n) => Buffer.from(await drawnPhoto(480, colour(n)))));
}

/** @returns their ids */
async function addGarments({ mesh }: World, photos: readonly Buffer[]): Promise<string[]> {
  const wardrobe = createClient(WardrobeService, edgeTransport(mesh));
  const ids: string[] = [];
  for (let at = 0; at < photos.length; at += 4) {
    const added = photos.slice(at, at + 4).map((photo) => wardrobe.addGarment({ garment: { photo } }));
    for (const { garment } of await Promise.all(added)) ids.push(garment?.id ?? "");
  }
  return ids;
}

async function totals({ metricsUrl }: World) {
  return totalsOf(await Metrics.read(metricsUrl));
}

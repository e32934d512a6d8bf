import os from "node:os";
import process from "node:process";
import sharp from "sharp";
import { PhotoDecoder } from "../../services/encoder/preprocessing/photo-decoder.ts";
import { parseView, planView } from "../../services/encoder/preprocessing/view.ts";
import { readPhotos } from "./photos.ts";

// From JPEG to tensor, ours, beside sharp alone with the same filter and size and nothing else: no checks, no tensor.
// In a process of its own; both in turns, the best of the rounds. One line of JSON.

export interface PreprocessingMeasure {
  /** Photographs a second. */
  ours: number;
  sharp: number;
  /** Processor time of one photograph, milliseconds. */
  oursCpuMs: number;
  sharpCpuMs: number;
}

const { rounds, seed } = JSON.parse(process.argv[2] ?? "{}") as { rounds: number; seed: number };
const photos = (await readPhotos(32, seed)) ?? [];
const parallel = os.availableParallelism();
const decoder = new PhotoDecoder({ decodes: parallel, waiting: photos.length });
const view = parseView({
  image_processor_type: "CLIPImageProcessor",
  size: { shortest_edge: 224 },
  do_center_crop: true,
  crop_size: { height: 224, width: 224 },
});

async function ours(photo: Buffer): Promise<void> {
  await decoder.decode(await decoder.check(photo), view);
}

async function alone(photo: Buffer): Promise<void> {
  const { resized, extract } = planView(view, { width: 400, height: 534 });
  await sharp(photo)
    .resize({ ...resized, fit: "fill", kernel: "cubic", fastShrinkOnLoad: false })
    .extract(extract)
    .raw()
    .toBuffer();
}

async function timed(work: (photo: Buffer) => Promise<void>): Promise<{ ms: number; cpuMs: number }> {
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  const queue = photos.values();
  const worker = async () => {
    for (const photo of queue) await work(photo);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  const { user, system } = process.cpuUsage(cpu);
  return { ms: (performance.now() - started) / photos.length, cpuMs: (user + system) / 1000 / photos.length };
}

const best = { ours: { ms: Infinity, cpuMs: Infinity }, sharp: { ms: Infinity, cpuMs: Infinity } };
for (let round = 0; round < rounds; round++) {
  for (const [name, work] of [
    ["ours", ours],
    ["sharp", alone],
  ] as const) {
    const { ms, cpuMs } = await timed(work);
    best[name] = { ms: Math.min(best[name].ms, ms), cpuMs: Math.min(best[name].cpuMs, cpuMs) };
  }
}
const measure: PreprocessingMeasure = {
  ours: 1000 / best.ours.ms,
  sharp: 1000 / best.sharp.ms,
  oursCpuMs: best.ours.cpuMs,
  sharpCpuMs: best.sharp.cpuMs,
};
console.log(JSON.stringify(measure));

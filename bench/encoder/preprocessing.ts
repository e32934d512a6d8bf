import os from "node:os";
import process from "node:process";
import sharp from "sharp";
import { PixelPlanes } from "../../services/encoder/inference/pixel-planes.ts";
import { PhotoDecoder } from "../../services/encoder/preprocessing/photo-decoder.ts";
import { parseView, planView, type View } from "../../services/encoder/preprocessing/view.ts";
import { readPhotos } from "./photos.ts";

// From JPEG to tensor, ours, beside sharp alone with the same filter and size and nothing else: no checks, no tensor.
// In a process of its own; all in turns, the best of the rounds. One line of JSON.

export interface Speed {
  /** Photographs a second. */
  ours: number;
  sharp: number;
  /** Processor time of one photograph, milliseconds. */
  oursCpuMs: number;
  sharpCpuMs: number;
}

/** For models that see 224 × 224 pixels, and for those of the default pack. */
export interface PreprocessingMeasure extends Speed {
  defaultPack: Speed;
}

const { rounds, seed } = JSON.parse(process.argv[2] ?? "{}") as { rounds: number; seed: number };
const photos = (await readPhotos(32, seed)) ?? [];
const parallel = os.availableParallelism();
const decoder = new PhotoDecoder({ decodes: parallel, waiting: photos.length });
const planes = new PixelPlanes();
const viewOf = (side: number) =>
  parseView({
    image_processor_type: "CLIPImageProcessor",
    size: { shortest_edge: side },
    do_center_crop: true,
    crop_size: { height: side, width: side },
  });

async function ours(photo: Buffer, view: View): Promise<void> {
  planes.of(await decoder.decode(await decoder.check(photo), view));
}

async function alone(photo: Buffer, view: View): Promise<void> {
  const { resized, extract } = planView(view, { width: 400, height: 534 });
  await sharp(photo)
    .resize({ ...resized, fit: "fill", kernel: "cubic", fastShrinkOnLoad: false })
    .extract(extract)
    .raw()
    .toBuffer();
}

async function timed(work: typeof ours, view: View): Promise<{ ms: number; cpuMs: number }> {
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  const queue = photos.values();
  const worker = async () => {
    for (const photo of queue) await work(photo, view);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  const { user, system } = process.cpuUsage(cpu);
  return { ms: (performance.now() - started) / photos.length, cpuMs: (user + system) / 1000 / photos.length };
}

/** The best rounds of one way at one size. */
class Best {
  readonly #work: typeof ours;
  readonly #view: View;
  ms = Infinity;
  cpuMs = Infinity;

  constructor(work: typeof ours, side: number) {
    this.#work = work;
    this.#view = viewOf(side);
  }

  async round(): Promise<void> {
    const { ms, cpuMs } = await timed(this.#work, this.#view);
    this.ms = Math.min(this.ms, ms);
    this.cpuMs = Math.min(this.cpuMs, cpuMs);
  }
}

const sizes = [224, 112].map((side) => ({ ours: new Best(ours, side), sharp: new Best(alone, side) }));
for (let round = 0; round < rounds; round++) {
  for (const { ours, sharp } of sizes) {
    await ours.round();
    await sharp.round();
  }
}
const [usual, defaultPack] = sizes.map(({ ours, sharp }) => ({
  ours: 1000 / ours.ms,
  sharp: 1000 / sharp.ms,
  oursCpuMs: ours.cpuMs,
  sharpCpuMs: sharp.cpuMs,
})) as [Speed, Speed];
const measure: PreprocessingMeasure = { ...usual, defaultPack };
console.log(JSON.stringify(measure));

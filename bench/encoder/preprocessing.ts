import os from "node:os";
import sharp from "sharp";
import { PixelPlanes } from "../../services/encoder/inference/pixel-planes.ts";
import { PhotoDecoder } from "../../services/encoder/preprocessing/photo-decoder.ts";
import { parseView, planView, type View } from "../../services/encoder/preprocessing/view.ts";
import { readPhotos } from "../support/photos.ts";
import { timed } from "../support/processor-time.ts";
import { argumentOf } from "../support/script.ts";

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

const { rounds, seed } = argumentOf<{ rounds: number; seed: number }>();
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

/** The best rounds of one way at one size, milliseconds of one photograph. */
class Best {
  readonly #work: typeof ours;
  readonly #view: View;
  ms = Infinity;
  cpuMs = Infinity;

  constructor(work: typeof ours, side: number) {
    this.#work = work;
    this.#view = viewOf(side);
  }

  /** Every photograph once, as many at a time as there are processors. */
  async round(): Promise<void> {
    const queue = photos.values();
    const worker = async () => {
      for (const photo of queue) await this.#work(photo, this.#view);
    };
    const { wall, cpu } = await timed(() => Promise.all(Array.from({ length: parallel }, worker)));
    this.ms = Math.min(this.ms, (wall * 1000) / photos.length);
    this.cpuMs = Math.min(this.cpuMs, (cpu * 1000) / photos.length);
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

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import t from "tap";
import { PhotoDecoder } from "../../services/encoder/preprocessing/photo-decoder.ts";
import { planesOf } from "../../services/encoder/preprocessing/testing.ts";
import { parseView } from "../../services/encoder/preprocessing/view.ts";

// What scripts/reference/preprocess.py wrote: tensors of Hugging Face's image processors, as 8-bit values.
const folder = fileURLToPath(new URL("parity/", import.meta.url));
const photos = path.resolve(process.env.FLASHFIT_PHOTOS ?? "../shared/data/clothing", "validation");

interface Reference {
  odd: string[];
  photos: string[];
  /** Side of an odd image's tensor, and of the place that every tensor has in the picture. */
  side: number;
  /** Of photographs every `step`th pixel is kept. */
  sampled: { first: number; step: number; side: number };
}
type Config = Record<"image_mean" | "image_std", [number, number, number]>;

const readJson = (name: string) => JSON.parse(readFileSync(path.join(folder, name), "utf8"));
const reference: Reference = readJson("reference.json");
const processors: Record<string, Record<"odd" | "photos", Config>> = readJson("processors.json");
const decoder = new PhotoDecoder({ decodes: 2, waiting: 8 });

/** Largest mean difference, in 8-bit steps: 1 is what 1/255 is. Only AVIF is decoded by another library than Pillow's. */
const allowed = (file: string) => (file.endsWith(".avif") ? 1 : 0);
/** Pillow 13 turns any grey of 16 bits that is not nearly black into white; ours is the picture that it shows. */
const insteadOf: Record<string, string> = { "grey-16.png": "grey.png" };

/** Mean and largest absolute difference of the tensors before normalisation, in 8-bit steps. */
function difference(
  ours: ReturnType<typeof planesOf>,
  { image_mean, image_std }: Config,
  expected: Uint8Array,
  sample: Sample,
) {
  const { first, step, side } = sample;
  let [sum, most] = [0, 0];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (const c of [0, 1, 2] as const) {
        const at = (c * ours.height + first + y * step) * ours.width + first + x * step;
        const value = (ours.data[at]! * image_std[c] + image_mean[c]) * 255;
        // What normalising and its inverse lose of a whole number is far less than a half.
        const off = Math.abs(Math.round(value) - expected[(y * reference.side + x) * 3 + c]!);
        sum += off;
        most = Math.max(most, off);
      }
    }
  }
  return { mean: sum / (side * side * 3), most };
}
type Sample = Reference["sampled"];

for (const [name, configs] of Object.entries(processors)) {
  const tensors = await sharp(path.join(folder, `${name}.png`))
    .raw()
    .toBuffer();
  const place = reference.side * reference.side * 3;
  const expectedOf = (file: string) => {
    const at = [...reference.odd, ...reference.photos].indexOf(insteadOf[file] ?? file) * place;
    return tensors.subarray(at, at + place);
  };
  const compare = async (t: Tap, kind: "odd" | "photos", file: string, folder: string, sample: Sample) => {
    const checked = await decoder.check(readFileSync(path.join(folder, file)));
    const ours = planesOf(await decoder.decode(checked, parseView(configs[kind])));
    const { mean, most } = difference(ours, configs[kind], expectedOf(file), sample);
    t.ok(mean <= allowed(file), `${file}: mean ${mean.toFixed(3)}/255, at most ${most.toFixed(0)}/255`);
  };

  t.test(`${name}: awkward files become the tensors of Hugging Face's processor`, async (t) => {
    const whole = { first: 0, step: 1, side: reference.side };
    for (const file of reference.odd) await compare(t, "odd", file, path.join(folder, "odd"), whole);
  });

  t.test(`${name}: photographs become the tensors of Hugging Face's processor`, async (t) => {
    if (!existsSync(photos)) return t.pass("", { skip: `skipped: no photographs at ${photos}; set FLASHFIT_PHOTOS` });
    for (const file of reference.photos) await compare(t, "photos", file, photos, reference.sampled);
  });
}

type Tap = Pick<typeof t, "ok">;

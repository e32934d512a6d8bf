import sharp from "sharp";
import t from "tap";
import type { PixelArray } from "./inference/inference.ts";
import { PhotoViews } from "./photo-views.ts";
import { PhotoDecoder } from "./preprocessing/photo-decoder.ts";
import type { View } from "./preprocessing/view.ts";

/** Counts how often a photo is decoded. */
class CountingDecoder extends PhotoDecoder {
  decodes = 0;

  override decodeEach(...args: Parameters<PhotoDecoder["decodeEach"]>): Promise<void> {
    this.decodes++;
    return super.decodeEach(...args);
  }
}

const square = (side: number): View => ({
  resize: { kind: "exact", width: side, height: side },
  kernel: "cubic",
  crop: undefined,
  rescale: 1,
  mean: [0, 0, 0],
  std: [1, 1, 1],
});
const widthOf = ({ dims }: PixelArray) => dims[3];

const photo = await sharp({ create: { width: 40, height: 30, channels: 3, background: "#369" } })
  .jpeg()
  .toBuffer();
const { signal } = new AbortController();

function viewsOf(bytes: Uint8Array) {
  const decoder = new CountingDecoder({ decodes: 2, waiting: 8 });
  return { decoder, views: new PhotoViews({ decoder, photo: bytes }) };
}

t.test("views that are asked for together come from one decode, equal ones are one", async (t) => {
  const { decoder, views } = viewsOf(photo);
  const seen = await Promise.all([8, 16, 8].map((side) => views.see(square(side), signal)));
  t.same(seen.map(widthOf), [8, 16, 8]);
  t.equal(seen[0], seen[2]);
  t.equal(decoder.decodes, 1);
});

t.test("a view that was seen is kept, another is decoded for anew", async (t) => {
  const { decoder, views } = viewsOf(photo);
  const first = await views.see(square(8), signal);
  t.equal(await views.see(square(8), signal), first);
  t.equal(decoder.decodes, 1);
  t.equal(widthOf(await views.see(square(9), signal)), 9);
  t.equal(decoder.decodes, 2);
});

t.test("one who leaves does not end it for the others", async (t) => {
  const { decoder, views } = viewsOf(photo);
  const hangUp = new AbortController();
  const left = views.see(square(8), hangUp.signal);
  const stayed = views.see(square(16), signal);
  // Both wait for the header, then for the decode.
  await Promise.resolve();
  hangUp.abort(new Error("hung up"));
  await t.rejects(left, { message: "hung up" });
  t.equal(widthOf(await stayed), 16);
  t.equal(decoder.decodes, 1);
});

t.test("a view that cannot be had is refused alone", async (t) => {
  const line = await sharp({ create: { width: 4_000, height: 1, channels: 3, background: "#369" } })
    .png()
    .toBuffer();
  const { decoder, views } = viewsOf(line);
  const kept: View = { ...square(8), resize: { kind: "shortest", edge: 224 } };
  const [refused, seen] = await Promise.allSettled([views.see(kept, signal), views.see(square(8), signal)]);
  t.match(refused, { status: "rejected", reason: { kind: "too_many_pixels" } });
  t.match(seen, { status: "fulfilled", value: { dims: [1, 3, 8, 8] } });
  t.equal(decoder.decodes, 1);
});

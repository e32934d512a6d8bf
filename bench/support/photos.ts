import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { listPhotographs, sample } from "../../eval/photographs.ts";

/** Real photographs, read; undefined when there are none. */
export async function readPhotos(count: number, seed: number): Promise<Buffer[] | undefined> {
  const files = await listPhotographs("validation");
  return files && Promise.all(sample(files, count, seed).map(({ file }) => readFile(file)));
}

/** Real photographs as RGB of side × side; undefined when there are none. */
export async function readPixels(count: number, seed: number, side: number): Promise<Buffer[] | undefined> {
  const photos = await readPhotos(count, seed);
  const toPixels = (photo: Buffer) =>
    sharp(photo).resize(side, side, { fit: "fill" }).toColourspace("srgb").removeAlpha().raw().toBuffer();
  return photos && Promise.all(photos.map(toPixels));
}

/**
 * The same JPEG with another comment, so that no cache knows it: every request costs what a new photograph costs.
 * @throws TypeError when it is no JPEG.
 */
export function unseen(jpeg: Uint8Array, mark: string): Uint8Array {
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) throw new TypeError("expected a JPEG");
  const comment = new TextEncoder().encode(mark);
  const segment = Uint8Array.of(0xff, 0xfe, (comment.length + 2) >> 8, (comment.length + 2) & 0xff, ...comment);
  const copy = new Uint8Array(jpeg.length + segment.length);
  copy.set(jpeg.subarray(0, 2));
  copy.set(segment, 2);
  copy.set(jpeg.subarray(2), 2 + segment.length);
  return copy;
}

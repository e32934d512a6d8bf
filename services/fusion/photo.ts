import sharp from "sharp";
import { invalidArgument } from "../kit/errors.ts";

/** Limits of a photo; the Encoder has the same ones. */
export const MAX_PHOTO_BYTES = 10 * 1024 * 1024;
const MAX_PHOTO_PIXELS = 50_000_000;
/** Longest side of the picture that is kept. */
const STORED_SIDE = 512;

/** What a file begins with says what it is; its name and what the sender says do not. */
export function photoFormat(photo: Uint8Array): "jpeg" | "png" | "webp" | "avif" | undefined {
  const head = Buffer.from(photo.buffer, photo.byteOffset, Math.min(photo.byteLength, 64));
  if (head.subarray(0, 3).equals(Buffer.of(0xff, 0xd8, 0xff))) return "jpeg";
  if (head.subarray(0, 8).equals(Buffer.from("\x89PNG\r\n\x1a\n", "latin1"))) return "png";
  const word = (at: number) => head.toString("latin1", at, at + 4);
  if (word(0) === "RIFF" && word(8) === "WEBP") return "webp";
  // ISO base media: size, "ftyp", major brand, version, compatible brands.
  if (word(4) === "ftyp") {
    const end = Math.min(head.length < 4 ? 0 : head.readUInt32BE(0), head.length);
    for (let at = 8; at + 4 <= end; at += 4) {
      if (at !== 12 && (word(at) === "avif" || word(at) === "avis")) return "avif";
    }
  }
  return undefined;
}

/**
 * The picture that is kept of a photo: WebP, longest side at most 512 pixels, upright, without metadata.
 *
 * Throws INVALID_ARGUMENT under `field` for what is no JPEG, PNG, WebP or AVIF, is too large, or is broken or truncated.
 */
export async function storedPicture(photo: Uint8Array, field: string): Promise<Uint8Array> {
  if (photo.byteLength > MAX_PHOTO_BYTES) {
    throw invalidArgument(field, `must have at most ${MAX_PHOTO_BYTES} bytes, got ${photo.byteLength}`);
  }
  const format = photoFormat(photo);
  if (format === undefined) {
    throw invalidArgument(field, "must be a JPEG, PNG, WebP or AVIF file; its first bytes are of none of them");
  }
  const source = sharp(photo, { limitInputPixels: false, failOn: "truncated" });
  const { width, height } = await readable(source.metadata(), field, format);
  if (width * height > MAX_PHOTO_PIXELS) {
    throw invalidArgument(field, `must have at most ${MAX_PHOTO_PIXELS} pixels, got ${width} × ${height}`);
  }
  const picture = source
    .autoOrient()
    .resize({ width: STORED_SIDE, height: STORED_SIDE, fit: "inside", withoutEnlargement: true })
    .webp({ quality: 80 })
    .toBuffer();
  return readable(picture, field, format);
}

async function readable<T>(work: Promise<T>, field: string, format: string): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0]?.trim();
    throw invalidArgument(field, `is a broken or truncated ${format} file: ${reason}`);
  }
}

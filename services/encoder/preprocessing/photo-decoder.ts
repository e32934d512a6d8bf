import sharp from "sharp";
import type { PixelArray } from "../inference/inference.ts";
import { Gate } from "./gate.ts";
import { asStill, PHOTO_FORMATS, sniffPhoto } from "./photo-format.ts";
import { type PhotoHeader, readPhotoHeader } from "./photo-header.ts";
import { toPixelArray } from "./pixels.ts";
import { readPixels } from "./read-pixels.ts";
import { type Plan, planView, type Size, type View } from "./view.ts";

/** Largest file: 10 MiB. */
export const MAX_PHOTO_BYTES = 10 * 1024 * 1024;
/** Most pixels of a photo (of its first frame). */
export const MAX_PHOTO_PIXELS = 50_000_000;

export type RefusalKind = "empty" | "too_large" | "not_an_image" | "format" | "too_many_pixels" | "damaged";

/** A photo that the caller has to change; the message says how. */
export class PhotoRefusedError extends Error {
  override name = "PhotoRefusedError";
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

export interface PhotoDecoderOptions {
  /** Photos decoded at a time. */
  decodes: number;
  /** Photos that may wait for their turn. */
  waiting: number;
  /** Longest time for one decode, seconds. */
  timeoutSeconds?: number;
}

/** An upright photo without its file. */
export interface RgbPhoto extends Size {
  /** 8-bit red, green, blue of each pixel, rows from the top: width × height × 3 bytes. */
  rgb: Uint8Array;
}

/** A file, or what was in it. */
export type PhotoSource = Uint8Array | RgbPhoto;

/** A photo whose header was read and found good. */
export interface CheckedPhoto extends PhotoHeader {
  /** The file, or the pixels themselves. */
  bytes: Uint8Array;
  /** `bytes` are 8-bit RGB. */
  decoded: boolean;
}

/** Turns untrusted photo files into pixels, off the event loop and a few at a time. */
export class PhotoDecoder {
  readonly #gate: Gate;
  readonly #timeoutSeconds: number;

  constructor({ decodes, waiting, timeoutSeconds = 10 }: PhotoDecoderOptions) {
    this.#gate = new Gate({ width: decodes, waiting });
    this.#timeoutSeconds = timeoutSeconds;
    allowOnlyPhotoLoaders();
  }

  /**
   * Check length, magic bytes and header; no pixel is decoded and nothing of the photo's claimed size is allocated.
   * @throws PhotoRefusedError
   */
  async check(photo: PhotoSource): Promise<CheckedPhoto> {
    if (!(photo instanceof Uint8Array)) return checkPixels(photo);
    const bytes = photo;
    refuseByBytes(bytes);
    const readable = asStill(bytes);
    const header = await readPhotoHeader(readable).catch((cause) => {
      throw damaged(cause);
    });
    const { size } = header;
    const pixels = size.width * size.height;
    if (pixels > MAX_PHOTO_PIXELS) {
      throw new PhotoRefusedError(
        "too_many_pixels",
        `has ${size.width} × ${size.height} = ${grouped(pixels)} pixels, expected at most ${grouped(MAX_PHOTO_PIXELS)}; send a smaller version`,
      );
    }
    return { bytes: readable, decoded: false, ...header };
  }

  /**
   * The pixels of a photo as `view` wants them: upright, first frame, 8-bit RGB, alpha over white.
   * @throws PhotoRefusedError when the pixels are damaged; GateFullError when too many wait; the signal's reason.
   */
  async decode(photo: CheckedPhoto, view: View, signal?: AbortSignal): Promise<PixelArray> {
    if (photo.decoded && fits(planView(view, photo.size), photo.size))
      return toPixelArray(photo.bytes, photo.size, view);
    return this.#gate.pass(async () => {
      const plan = planView(view, photo.size);
      refuseByShape(photo.size, plan.output);
      const rgb = await this.#pixels(photo, view, plan);
      signal?.throwIfAborted();
      return toPixelArray(rgb, plan.output, view);
    }, signal);
  }

  async #pixels(photo: CheckedPhoto, { kernel }: View, plan: Plan): Promise<Uint8Array> {
    const limits = { maxPixels: MAX_PHOTO_PIXELS, timeoutSeconds: this.#timeoutSeconds };
    try {
      return await readPixels(photo.bytes, photo, kernel, plan, limits);
    } catch (cause) {
      throw damaged(cause);
    }
  }
}

function checkPixels({ width, height, rgb }: RgbPhoto): CheckedPhoto {
  const expected = width * height * 3;
  if (rgb.length !== expected) {
    throw new PhotoRefusedError(
      "damaged",
      `has ${rgb.length} bytes for ${width} × ${height} RGB, expected ${expected}`,
    );
  }
  return { bytes: rgb, decoded: true, size: { width, height }, turned: false, alpha: false, cmyk: false };
}

/** Whether nothing is to be done to the pixels. */
function fits({ resized, output }: Plan, { width, height }: Size): boolean {
  return [resized, output].every((size) => size.width === width && size.height === height);
}

function refuseByBytes(bytes: Uint8Array): void {
  const expected = "expected a JPEG, PNG, WebP or AVIF file";
  if (bytes.length === 0) throw new PhotoRefusedError("empty", `is empty, ${expected}`);
  if (bytes.length > MAX_PHOTO_BYTES) {
    throw new PhotoRefusedError(
      "too_large",
      `has ${grouped(bytes.length)} bytes, expected at most ${grouped(MAX_PHOTO_BYTES)}; send a smaller version`,
    );
  }
  const sniffed = sniffPhoto(bytes);
  if (sniffed.kind === "unknown") {
    throw new PhotoRefusedError("not_an_image", `is not an image, ${expected}; send the file's bytes as they are`);
  }
  if (sniffed.kind === "other") {
    const what = `is ${sniffed.name} ${sniffed.container}`;
    throw new PhotoRefusedError("format", `${what}, ${expected}; convert it first`);
  }
}

/** Proportions kept and nothing cut, a photo of one row would become a picture of miles. */
function refuseByShape({ width, height }: Size, output: Size): void {
  if (output.width * output.height <= MAX_PHOTO_PIXELS) return;
  throw new PhotoRefusedError(
    "too_many_pixels",
    `is ${width} × ${height}, which would become ${output.width} × ${output.height} for this model; cut it to a less extreme shape`,
  );
}

function damaged(cause: unknown): PhotoRefusedError {
  const reason = cause instanceof Error ? (cause.message.split("\n").at(-1) || cause.message).trim() : String(cause);
  return new PhotoRefusedError(
    "damaged",
    `cannot be decoded: it is truncated or damaged (${reason}), expected a whole file; send it again`,
    cause,
  );
}

/** A second lock behind the magic bytes: libvips itself may open nothing but the four formats, in this whole process. */
function allowOnlyPhotoLoaders(): void {
  const loaders = { jpeg: "Jpeg", png: "Png", webp: "Webp", avif: "Heif" } as const;
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: PHOTO_FORMATS.map((format) => `VipsForeignLoad${loaders[format]}`) });
  sharp.cache(false);
  sharp.concurrency(1);
}

function grouped(n: number): string {
  return n.toLocaleString("en-US");
}

import { setImmediate } from "node:timers/promises";
import sharp from "sharp";
import type { PixelArray } from "../inference/inference.ts";
import { Gate } from "./gate.ts";
import { asStill, PHOTO_FORMATS, sniffPhoto } from "./photo-format.ts";
import { type PhotoHeader, readPhotoHeader } from "./photo-header.ts";
import { toPixelArray } from "./pixels.ts";
import { readPixels } from "./read-pixels.ts";
import { Resampler, type Source } from "./resample/resampler.ts";
import { type RgbPhoto, sourceOf } from "./rgb-photo.ts";
import { type Plan, planView, type Size, type View } from "./view.ts";

/** Largest file: 10 MiB. */
export const MAX_PHOTO_BYTES = 10 * 1024 * 1024;
/** Most pixels of a photo (of its first frame). */
export const MAX_PHOTO_PIXELS = 50_000_000;
/** Longest side of a photo, which is JPEG's limit. */
export const MAX_PHOTO_SIDE = 65_535;
/** Of photos with more pixels only one is decoded at a time: 3 bytes a pixel are in memory meanwhile. */
const LARGE_PIXELS = 12_500_000;
/** A resampler that needed more memory, bytes, is not kept. */
const MAX_KEPT_BYTES = 2 ** 24;

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

/** A file, or what was in one. */
export type PhotoSource = Uint8Array | RgbPhoto;

/** A photo whose header was read and found good. */
export type CheckedPhoto = ({ bytes: Uint8Array } & PhotoHeader) | { size: Size; decoded: RgbPhoto };

/** Turns untrusted photo files into pixels, a few at a time: decoded off the event loop, resampled in short turns on it. */
export class PhotoDecoder {
  readonly #gate: Gate;
  readonly #largeGate: Gate;
  readonly #timeoutSeconds: number;
  /** As many as ever worked at a time. */
  readonly #resamplers: Resampler[] = [];

  constructor({ decodes, waiting, timeoutSeconds = 10 }: PhotoDecoderOptions) {
    this.#gate = new Gate({ width: decodes, waiting });
    this.#largeGate = new Gate({ width: 1, waiting });
    this.#timeoutSeconds = timeoutSeconds;
    allowOnlyPhotoLoaders();
  }

  /**
   * Check length, magic bytes and header; no pixel is decoded and nothing of the photo's claimed size is allocated.
   * @throws PhotoRefusedError
   */
  async check(photo: PhotoSource): Promise<CheckedPhoto> {
    if (!(photo instanceof Uint8Array)) return { size: photo, decoded: photo };
    refuseByBytes(photo);
    const readable = asStill(photo);
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
    if (Math.max(size.width, size.height) > MAX_PHOTO_SIDE) {
      throw new PhotoRefusedError(
        "too_many_pixels",
        `is ${size.width} × ${size.height}, expected at most ${grouped(MAX_PHOTO_SIDE)} a side; cut it to a less extreme shape`,
      );
    }
    return { bytes: readable, ...header };
  }

  /**
   * The pixels of a photo as `view` wants them: upright, first frame, 8-bit RGB, alpha over white.
   * @throws PhotoRefusedError when the pixels are damaged; GateFullError when too many wait; the signal's reason.
   */
  async decode(photo: CheckedPhoto, view: View, signal?: AbortSignal): Promise<PixelArray> {
    const seen = Promise.withResolvers<PixelArray>();
    await this.decodeEach(photo, [view], (_, pixels) => seen.resolve(pixels), signal);
    return seen.promise;
  }

  /**
   * The same for several views from one decode; those that are added to `views` meanwhile are seen to as well.
   * @throws as decode, after which the other views are not seen to.
   */
  decodeEach(
    photo: CheckedPhoto,
    views: Iterable<View>,
    onSeen: (view: View, pixels: PixelArray) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const { width, height } = photo.size;
    const seeEach = async (source: Source) => {
      for (const view of views) onSeen(view, await this.#resample(source, view, planFor(photo, view), signal));
    };
    if ("decoded" in photo) return seeEach(sourceOf(photo.decoded));
    const decode = async () => {
      const source = await this.#read(photo);
      signal?.throwIfAborted();
      await seeEach(source);
    };
    const inTurn = () => this.#gate.pass(decode, signal);
    return width * height > LARGE_PIXELS ? this.#largeGate.pass(inTurn, signal) : inTurn();
  }

  async #read(photo: { bytes: Uint8Array } & PhotoHeader): Promise<Source> {
    const limits = { maxPixels: MAX_PHOTO_PIXELS, timeoutSeconds: this.#timeoutSeconds };
    try {
      return await readPixels(photo.bytes, photo, limits);
    } catch (cause) {
      throw damaged(cause);
    }
  }

  async #resample(source: Source, view: View, plan: Plan, signal: AbortSignal | undefined): Promise<PixelArray> {
    if (source.rgb && isWhole(plan, source)) return toPixelArray(source.rgb, plan.output, view);
    const resampler = this.#resamplers.pop() ?? new Resampler();
    try {
      const what = { kernel: view.kernel, plan };
      const rgb = await resampler.resample(source, what, () => setImmediate(undefined, { signal }));
      return toPixelArray(rgb, plan.output, view);
    } finally {
      if (resampler.bytes <= MAX_KEPT_BYTES) this.#resamplers.push(resampler);
    }
  }
}

/**
 * Where the pixels of a photo go for a view.
 * @throws PhotoRefusedError when that would become a picture of miles.
 */
export function planFor({ size }: { size: Size }, view: View): Plan {
  const plan = planView(view, size);
  const { extract, output } = plan;
  // Proportions kept and nothing cut, a photo of one row grows beyond all measure; so does one that is made wider first.
  const pixels = Math.max(output.width * output.height, extract.width * size.height);
  if (pixels <= MAX_PHOTO_PIXELS) return plan;
  throw new PhotoRefusedError(
    "too_many_pixels",
    `is ${size.width} × ${size.height}, which would become ${output.width} × ${output.height} for this model; cut it to a less extreme shape`,
  );
}

/** Whether nothing is to be done. */
function isWhole({ resized, output }: Plan, { width, height }: Size): boolean {
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

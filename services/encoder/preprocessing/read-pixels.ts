import sharp from "sharp";
import type { PhotoHeader } from "./photo-header.ts";
import { cmykToRgb, overWhite } from "./pixels.ts";
import type { Source } from "./resample/resampler.ts";

export interface ReadLimits {
  /** Most pixels the file may claim. */
  maxPixels: number;
  /** Longest time for the decode, seconds. */
  timeoutSeconds: number;
}

/**
 * All pixels of a photo, as Hugging Face's processors see the file through Pillow: upright, first frame, embedded colour
 * profiles ignored, what is transparent over white. One libvips pipeline, on a thread of its own.
 */
export async function readPixels(bytes: Uint8Array, header: PhotoHeader, limits: ReadLimits): Promise<Source> {
  const { turned, cmyk } = header;
  let pipeline = sharp(bytes, { failOn: "error", limitInputPixels: limits.maxPixels, pages: 1, ignoreIcc: true });
  pipeline = pipeline.timeout({ seconds: limits.timeoutSeconds });
  if (turned) pipeline = pipeline.autoOrient();
  // libvips would turn inks into light by a colour profile, unlike Pillow; so they stay inks.
  pipeline = cmyk ? pipeline.pipelineColourspace("cmyk").toColourspace("cmyk") : pipeline.toColourspace("srgb");
  const { data, info } = await pipeline.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const toRgb = cmyk ? cmykToRgb : channels === 4 ? overWhite : copy;
  const stride = width * channels;
  return {
    width,
    height,
    copyRows: (first, count, rgb) => toRgb(data.subarray(first * stride, (first + count) * stride), rgb),
  };
}

function copy(from: Uint8Array, to: Uint8Array): void {
  to.set(from);
}

import sharp, { type Sharp } from "sharp";
import type { PhotoHeader } from "./photo-header.ts";
import { enlarge } from "./pillow-resize.ts";
import { addBorder, cmykToRgb } from "./pixels.ts";
import type { Plan, View } from "./view.ts";

export interface ReadLimits {
  /** Most pixels the file may claim. */
  maxPixels: number;
  /** Longest time for the decode, seconds. */
  timeoutSeconds: number;
}

/**
 * Interleaved 8-bit RGB of the plan's output, as Hugging Face's processors see the file through Pillow: upright, first
 * frame, embedded colour profiles ignored, what is transparent over white. One libvips pipeline, on its own thread.
 */
export async function readPixels(
  bytes: Uint8Array,
  header: PhotoHeader & { decoded: boolean },
  kernel: View["kernel"],
  plan: Plan,
  limits: ReadLimits,
): Promise<Uint8Array> {
  const { size, cmyk } = header;
  const { resized, extract } = plan;
  // libvips only shrinks: it agrees with Pillow there, and a file can never ask for more pixels than it has.
  const shrunk = { width: Math.min(resized.width, size.width), height: Math.min(resized.height, size.height) };
  const [wider, higher] = [resized.width > size.width, resized.height > size.height];
  const region = {
    left: wider ? 0 : extract.left,
    top: higher ? 0 : extract.top,
    width: wider ? size.width : extract.width,
    height: higher ? size.height : extract.height,
  };
  const stored = await openPhoto(bytes, header, limits)
    // Shrinking while loading is faster, but its box filter is not the one the models were trained with.
    .resize({ ...shrunk, fit: "fill", kernel, fastShrinkOnLoad: false })
    .extract(region)
    .raw({ depth: "uchar" })
    .toBuffer();
  const rgb = cmyk ? cmykToRgb(stored) : stored;
  if (!wider && !higher) return addBorder(rgb, plan);
  const target = { width: wider ? resized.width : region.width, height: higher ? resized.height : region.height };
  const window = { ...extract, left: wider ? extract.left : 0, top: higher ? extract.top : 0 };
  return addBorder(enlarge(rgb, region, target, window, kernel), plan);
}

function openPhoto(
  bytes: Uint8Array,
  { turned, alpha, cmyk, decoded, size }: PhotoHeader & { decoded: boolean },
  limits: ReadLimits,
): Sharp {
  if (decoded) return sharp(bytes, { raw: { ...size, channels: 3 } }).timeout({ seconds: limits.timeoutSeconds });
  let pipeline = sharp(bytes, { failOn: "error", limitInputPixels: limits.maxPixels, pages: 1, ignoreIcc: true });
  pipeline = pipeline.timeout({ seconds: limits.timeoutSeconds });
  if (turned) pipeline = pipeline.autoOrient();
  if (alpha) pipeline = pipeline.flatten({ background: "#ffffff" }).removeAlpha();
  // libvips would turn inks into light by a colour profile, unlike Pillow; so they stay inks to the end.
  return cmyk ? pipeline.pipelineColourspace("cmyk").toColourspace("cmyk") : pipeline.toColourspace("srgb");
}

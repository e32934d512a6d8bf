import sharp, { type Sharp } from "sharp";
import { enlarge } from "./pillow-resize.ts";
import { addBorder, cmykToRgb } from "./pixels.ts";
import type { Plan, Size, View } from "./view.ts";

export interface ReadPixelsOptions {
  bytes: Uint8Array;
  /** Upright. */
  size: Size;
  /** Inks rather than lights are stored. */
  cmyk: boolean;
  kernel: View["kernel"];
  plan: Plan;
  /** Most pixels the file may claim. */
  maxPixels: number;
  /** Longest time for the decode, seconds. */
  timeoutSeconds: number;
}

/**
 * Interleaved 8-bit RGB of the plan's output, as Hugging Face's processors see the file through Pillow: upright, first
 * frame, embedded colour profiles ignored, what is transparent over white. One libvips pipeline, on its own thread.
 */
export async function readPixels(options: ReadPixelsOptions): Promise<Uint8Array> {
  const { bytes, size, cmyk, kernel, plan, maxPixels, timeoutSeconds } = options;
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
  const stored = await inColour(
    sharp(bytes, { failOn: "error", limitInputPixels: maxPixels, pages: 1, ignoreIcc: true })
      .timeout({ seconds: timeoutSeconds })
      .autoOrient()
      .flatten({ background: "#ffffff" })
      // Shrinking while loading is faster, but its box filter is not the one the models were trained with.
      .resize({ ...shrunk, fit: "fill", kernel, fastShrinkOnLoad: false })
      .extract(region),
    cmyk,
  )
    .raw({ depth: "uchar" })
    .toBuffer();
  const rgb = cmyk ? cmykToRgb(stored) : stored;
  if (!wider && !higher) return addBorder(rgb, plan);
  const target = { width: wider ? resized.width : region.width, height: higher ? resized.height : region.height };
  const window = { ...extract, left: wider ? extract.left : 0, top: higher ? extract.top : 0 };
  return addBorder(enlarge(rgb, region, target, window, kernel), plan);
}

/** libvips would turn inks into light by a colour profile, unlike Pillow; so they stay inks to the end. */
function inColour(pipeline: Sharp, cmyk: boolean): Sharp {
  return cmyk
    ? pipeline.pipelineColourspace("cmyk").toColourspace("cmyk")
    : pipeline.toColourspace("srgb").removeAlpha();
}

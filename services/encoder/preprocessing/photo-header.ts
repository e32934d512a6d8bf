import sharp from "sharp";
import { readJpegHeader } from "./jpeg-header.ts";
import type { Size } from "./view.ts";

/** What has to be known of a photo before its pixels are read. */
export interface PhotoHeader {
  /** Upright, that is after EXIF orientation. */
  size: Size;
  /** It is stored lying or mirrored. */
  turned: boolean;
  /** It stores inks rather than red, green and blue. */
  cmyk: boolean;
}

/**
 * Read the header alone; nothing of the photo's claimed size is allocated.
 * @throws Error of libvips when it cannot be read.
 */
export async function readPhotoHeader(bytes: Uint8Array): Promise<PhotoHeader> {
  const jpeg = bytes[0] === 0xff ? readJpegHeader(bytes) : undefined;
  if (jpeg) {
    const { stored, orientation, components } = jpeg;
    const size = orientation > 4 ? { width: stored.height, height: stored.width } : stored;
    return { size, turned: orientation !== 1, cmyk: components === 4 };
  }
  // Without a limit here, so that the refusal can say how many pixels there are.
  const image = sharp(bytes, { failOn: "error", limitInputPixels: false, pages: 1 });
  const { autoOrient, orientation, space } = await image.metadata();
  return {
    size: { width: autoOrient.width, height: autoOrient.height },
    turned: (orientation ?? 1) !== 1,
    cmyk: space === "cmyk",
  };
}

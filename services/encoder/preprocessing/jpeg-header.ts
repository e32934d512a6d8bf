import type { Size } from "./view.ts";

/** What a JPEG says about itself before its pixels. */
export interface JpegHeader {
  /** As stored, before EXIF orientation. */
  stored: Size;
  /** EXIF orientation, 1 to 8; 1 when it says none. */
  orientation: number;
  /** 1 grey, 3 colour, 4 inks. */
  components: number;
}

/**
 * Read the segments before the pixels (ITU-T T.81, annex B; Exif 2.32, 4.6), which is a hundredth of a decode.
 * @returns undefined when they are not as they are in nearly every file: let a decoder look.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation: number | undefined;
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = view.getUint8(at + 1);
    const length = view.getUint16(at + 2);
    if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xda) || length < 2) return undefined;
    if (isFrame(marker)) {
      const stored = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
      const components = view.getUint8(at + 9);
      const usual = stored.width > 0 && stored.height > 0 && [1, 3, 4].includes(components);
      return usual ? { stored, orientation: orientation ?? 1, components } : undefined;
    }
    if (marker === 0xe1 && orientation === undefined && at + 2 + length <= bytes.length) {
      orientation = readOrientation(new DataView(bytes.buffer, bytes.byteOffset + at + 4, length - 2));
    }
    at += 2 + length;
  }
  return undefined;
}

/** SOF0 to SOF15, among which DHT, JPG and DAC have their codes. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Orientation of an APP1 segment's first directory; undefined when it is no EXIF or says none. */
function readOrientation(segment: DataView): number | undefined {
  if (segment.byteLength < 14 || segment.getUint32(0) !== 0x45786966 || segment.getUint16(4) !== 0) return undefined;
  const tiff = 6;
  const little = segment.getUint16(tiff) === 0x4949;
  const directory = tiff + segment.getUint32(tiff + 4, little);
  if (directory + 2 > segment.byteLength) return undefined;
  const count = segment.getUint16(directory, little);
  for (let i = 0, entry = directory + 2; i < count && entry + 12 <= segment.byteLength; i++, entry += 12) {
    if (segment.getUint16(entry, little) !== 0x0112) continue;
    const value = segment.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}

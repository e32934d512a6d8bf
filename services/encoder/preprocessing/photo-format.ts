/** The photo formats that are decoded; everything else is refused by its first bytes. */
export const PHOTO_FORMATS = ["jpeg", "png", "webp", "avif"] as const;

export type PhotoFormat = (typeof PHOTO_FORMATS)[number];

/** What the first bytes say: a format that is decoded, one that is recognised but refused, or nothing known. */
export type Sniffed =
  | { kind: "photo"; format: PhotoFormat }
  | { kind: "other"; name: string; container: "image" | "file" }
  | { kind: "unknown" };

const OTHERS: { name: string; container: "image" | "file"; magic: string }[] = [
  { name: "a GIF", container: "image", magic: "GIF8" },
  { name: "a BMP", container: "image", magic: "BM" },
  { name: "a TIFF", container: "image", magic: "II*\0" },
  { name: "a TIFF", container: "image", magic: "MM\0*" },
  { name: "a JPEG XL", container: "image", magic: "\xff\x0a" },
  { name: "a JPEG XL", container: "image", magic: "\0\0\0\x0cJXL " },
  { name: "a JPEG 2000", container: "image", magic: "\0\0\0\x0cjP  " },
  { name: "a PSD", container: "image", magic: "8BPS" },
  { name: "a PDF", container: "file", magic: "%PDF" },
  { name: "a ZIP", container: "file", magic: "PK\x03\x04" },
  { name: "a gzip", container: "file", magic: "\x1f\x8b" },
];

/**
 * Recognise a photo by its magic bytes, without decoding anything: the name of a file and what a header claims are not
 * asked. An SVG, whatever it would expand to, is only ever looked at here.
 */
export function sniffPhoto(bytes: Uint8Array): Sniffed {
  const head = latin1(bytes.subarray(0, 1024));
  if (head.startsWith("\xff\xd8\xff")) return { kind: "photo", format: "jpeg" };
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return { kind: "photo", format: "png" };
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP") return { kind: "photo", format: "webp" };
  if (head.slice(4, 8) === "ftyp") return sniffIsoMedia(head);
  const other = OTHERS.find(({ magic }) => head.startsWith(magic));
  if (other) return { kind: "other", name: other.name, container: other.container };
  if (looksLikeSvg(head)) return { kind: "other", name: "an SVG", container: "image" };
  return { kind: "unknown" };
}

/** AVIF, HEIC and MP4 share one container: its `ftyp` box lists the brands. */
function sniffIsoMedia(head: string): Sniffed {
  const boxLength =
    (head.charCodeAt(0) << 24) | (head.charCodeAt(1) << 16) | (head.charCodeAt(2) << 8) | head.charCodeAt(3);
  const brands = new Set<string>([head.slice(8, 12)]);
  for (let at = 16; at + 4 <= Math.min(boxLength, head.length); at += 4) brands.add(head.slice(at, at + 4));
  if (brands.has("avif") || brands.has("avis")) return { kind: "photo", format: "avif" };
  if (["heic", "heix", "hevc", "mif1", "msf1"].some((brand) => brands.has(brand))) {
    return { kind: "other", name: "a HEIC", container: "image" };
  }
  return { kind: "other", name: "an MP4 or similar", container: "file" };
}

function looksLikeSvg(head: string): boolean {
  const text = head.replaceAll("\0", "").toLowerCase();
  return /^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*</.test(text) && /<(!doctype\s+)?svg|<\?xml|<!entity/.test(text);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/**
 * The same file, declared to be a still: an animated AVIF (brand "avis") names its first frame as an image of its own, which
 * libvips reads only if the file does not begin with "I am a sequence".
 */
export function asStill(bytes: Uint8Array): Uint8Array {
  if (latin1(bytes.subarray(4, 12)) !== "ftypavis") return bytes;
  const still = Uint8Array.from(bytes);
  still.set([0x61, 0x76, 0x69, 0x66], 8);
  return still;
}

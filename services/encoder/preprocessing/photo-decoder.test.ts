import { crc32, deflateSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import t from "tap";
import { MAX_PHOTO_BYTES, PhotoDecoder, type RefusalKind } from "./photo-decoder.ts";
import { planesOf } from "./testing.ts";
import type { View } from "./view.ts";

const view: View = {
  resize: { kind: "exact", width: 32, height: 32 },
  kernel: "cubic",
  crop: undefined,
  rescale: 1,
  mean: [0, 0, 0],
  std: [1, 1, 1],
};
const decoder = new PhotoDecoder({ decodes: 2, waiting: 8 });

/** Four coloured quarters: position and colour can both be seen. */
const quarters = new Uint8Array(64 * 96 * 3).map((_, i) => {
  const [x, y, c] = [Math.floor(i / 3) % 64, Math.floor(i / 192), i % 3];
  return (
    [
      [200, 40, 40],
      [40, 180, 60],
      [50, 60, 200],
      [230, 220, 90],
    ][(x < 32 ? 0 : 1) + (y < 48 ? 0 : 2)]?.[c] ?? 0
  );
});
const picture = () => sharp(quarters, { raw: { width: 64, height: 96, channels: 3 } });

const decode = async (bytes: Uint8Array) => planesOf(await decoder.decode(await decoder.check(bytes), view)).data;

/** Mean absolute difference, in 8-bit steps. */
const difference = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, x, i) => sum + Math.abs(x - (b[i] ?? 999)), 0) / a.length;

async function refused(bytes: Uint8Array, kind: RefusalKind, message: RegExp) {
  await t.rejects(decode(bytes), { name: "PhotoRefusedError", kind, message }, `${kind} ${message}`);
}

/** A valid PNG of one bit a pixel, all black, whatever its size: what compresses best. */
function blackPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(height * (1 + Math.ceil(width / 8))));
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))]);
}

t.test("every format, depth and colour space is the same picture", async (t) => {
  const truth = await decode(await picture().png().toBuffer());
  const files: Record<string, Promise<Buffer>> = {
    jpeg: picture().jpeg({ quality: 98, chromaSubsampling: "4:4:4" }).toBuffer(),
    webp: picture().webp({ lossless: true }).toBuffer(),
    avif: picture().avif({ quality: 95 }).toBuffer(),
    "16-bit PNG": picture().toColourspace("rgb16").png().toBuffer(),
    "palette PNG": picture().png({ palette: true }).toBuffer(),
    "opaque alpha": picture().ensureAlpha(1).png().toBuffer(),
  };
  for (const [name, file] of Object.entries(files)) {
    const off = difference(await decode(await file), truth);
    t.ok(off < 3, `${name} differs by ${off.toFixed(2)}`);
  }
  const cmyk = await picture().toColourspace("cmyk").jpeg({ quality: 98 }).toBuffer();
  t.equal((await sharp(cmyk).metadata()).space, "cmyk");
  const off = difference(await decode(cmyk), truth);
  t.ok(off < 40, `CMYK differs by ${off.toFixed(2)}: its gamut is smaller, and its profile is not asked`);
});

t.test("a greyscale photo has three equal channels", async (t) => {
  for (const space of ["b-w", "grey16"]) {
    const data = await decode(await picture().greyscale().toColourspace(space).png().toBuffer());
    t.same(data.subarray(0, 1024), data.subarray(1024, 2048), space);
    t.same(data.subarray(0, 1024), data.subarray(2048), space);
  }
});

t.test("what is transparent is white", async (t) => {
  const data = await decode(await picture().ensureAlpha(0).png().toBuffer());
  t.ok(data.every((x) => x === 255));
});

t.test("the first frame of an animation is the photo", async (t) => {
  const pages = await Promise.all([picture().png().toBuffer(), picture().negate().png().toBuffer()]);
  const animated = await sharp(pages, { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer();
  t.equal((await sharp(animated, { pages: -1 }).metadata()).pages, 2);
  t.ok(difference(await decode(animated), await decode(pages[0])) < 1);
});

t.test("what no model could take is refused before its pixels are decoded", async (t) => {
  const kept: View = { ...view, resize: { kind: "shortest", edge: 224 } };
  const line = await decoder.check(blackPng(4_000, 1));
  await t.rejects(decoder.decode(line, kept), {
    kind: "too_many_pixels",
    message: /4000 × 1, which would become 896000 × 224/,
  });
  const { dims } = await decoder.decode(line, { ...kept, crop: { width: 224, height: 224 } });
  t.same(dims, [1, 3, 224, 224], "the middle of it is still a photo");
});

t.test("a side longer than a JPEG's is refused from the header alone", async () => {
  await refused(blackPng(1, 65_536), "too_many_pixels", /is 1 × 65536, expected at most 65,535 a side/);
});

t.test("a photo that has to be made much wider first is refused", async (t) => {
  const wide: View = { ...view, resize: { kind: "exact", width: 4_000, height: 10 } };
  const tall = await decoder.check(blackPng(10, 20_000));
  await t.rejects(decoder.decode(tall, wide), { name: "PhotoRefusedError", kind: "too_many_pixels" });
});

t.test("of large photos one is decoded at a time, so that others find a place", async (t) => {
  const photos = await Promise.all([4_000, 4_000, 4].map((width) => decoder.check(blackPng(width, 4_000))));
  const order: number[] = [];
  const see = async (i: number) => {
    await decoder.decode(photos[i]!, view);
    order.push(i);
  };
  await Promise.all([see(0), see(1), see(2)]);
  t.same(order, [2, 0, 1]);
});

t.test("several views are seen from one decode, those that come meanwhile as well", async (t) => {
  const photo = await decoder.check(await picture().png().toBuffer());
  const small: View = { ...view, resize: { kind: "exact", width: 8, height: 8 } };
  const views = [view];
  const seen = new Map<View, number>();
  await decoder.decodeEach(photo, views, (view, { dims }) => {
    seen.set(view, dims[3] ?? 0);
    if (views.length === 1) views.push(small);
  });
  t.same([seen.get(view), seen.get(small)], [32, 8]);
});

t.test("EXIF orientation is applied, all eight ways", async (t) => {
  const stored: Record<number, Sharp> = {
    1: picture(),
    2: picture().flop(),
    3: picture().rotate(180),
    4: picture().flip(),
    6: picture().rotate(270),
    8: picture().rotate(90),
  };
  stored[5] = sharp(await picture().rotate(90).png().toBuffer()).flop();
  stored[7] = sharp(await picture().rotate(90).png().toBuffer()).flip();
  const truth = await decode(await picture().png().toBuffer());
  for (const [orientation, image] of Object.entries(stored)) {
    const file = await image
      .withMetadata({ orientation: Number(orientation) })
      .jpeg({ quality: 98 })
      .toBuffer();
    t.same((await decoder.check(file)).size, { width: 64, height: 96 });
    const off = difference(await decode(file), truth);
    t.ok(off < 4, `orientation ${orientation} differs by ${off.toFixed(2)}`);
  }
});

t.test("the same photo gives the same pixels, bit for bit", async (t) => {
  const file = await picture().jpeg().toBuffer();
  t.same(await decode(file), await decode(file));
});

t.test("a smaller photo than the crop gets a black border", async (t) => {
  const cropping: View = { ...view, resize: { kind: "none" }, crop: { width: 100, height: 10 } };
  const white = await sharp({ create: { width: 20, height: 30, channels: 3, background: "#fff" } })
    .png()
    .toBuffer();
  const { width, height, data } = planesOf(await decoder.decode(await decoder.check(white), cropping));
  t.same([width, height, data[39], data[40], data[59], data[60]], [100, 10, 0, 255, 255, 0]);
});

t.test("files that are no photo never reach a decoder", async () => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "${"x".repeat(99)}"><!ENTITY b "&a;&a;&a;&a;">]><svg>&b;</svg>`;
  const text = (s: string) => new TextEncoder().encode(s);
  await refused(new Uint8Array(), "empty", /is empty, expected a JPEG, PNG, WebP or AVIF/);
  await refused(text("not an image"), "not_an_image", /is not an image/);
  await refused(text(bomb), "format", /an SVG image.*convert/);
  await refused(text('\n <svg xmlns="http://www.w3.org/2000/svg"/>'), "format", /an SVG image/);
  await refused(text("GIF89a…"), "format", /a GIF image/);
  await refused(text("%PDF-1.7"), "format", /a PDF file/);
  await refused(text("\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "format", /a HEIC image/);
  await refused(new Uint8Array(MAX_PHOTO_BYTES + 1), "too_large", /10,485,761 bytes, expected at most 10,485,760/);
});

t.test("libvips itself refuses to open an SVG in this process", async (t) => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  await t.rejects(sharp(svg).metadata(), /unsupported image format/);
});

t.test("20,000 × 20,000 pixels are refused from the header alone", async (t) => {
  const bomb = blackPng(20_000, 20_000);
  t.ok(bomb.length < 100_000, `${bomb.length} bytes`);
  const before = process.memoryUsage().rss;
  await refused(bomb, "too_many_pixels", /20000 × 20000 = 400,000,000 pixels, expected at most 50,000,000/);
  const grown = process.memoryUsage().rss - before;
  t.ok(grown < 40e6, `memory grew by ${grown} bytes`);
  t.same(
    (await decoder.check(blackPng(5_000, 10_000))).size,
    { width: 5_000, height: 10_000 },
    "50 million are allowed",
  );
});

t.test("a header with absurd dimensions is refused", async () => {
  const liar = blackPng(8, 8);
  liar.writeUInt32BE(0x7fffffff, 16);
  liar.writeUInt32BE(0x7fffffff, 20);
  await t.rejects(decode(liar), { name: "PhotoRefusedError" });
});

t.test("a photo whose pixels end early is refused, wherever they end", async () => {
  const files = [picture().jpeg(), picture().png(), picture().webp(), picture().avif()].map((image) =>
    image.toBuffer(),
  );
  for (const file of await Promise.all(files)) {
    for (const part of [0.1, 0.5, 0.9]) {
      const cut = file.subarray(0, Math.max(16, Math.floor(file.length * part)));
      await refused(cut, "damaged", /truncated or damaged/);
    }
  }
});

t.test(
  "pixels that were decoded already are resampled as a file with them is, and not at all when they fit",
  async (t) => {
    const rgb = quarters;
    const photo = await decoder.check({ width: 64, height: 96, rgb });
    t.same(planesOf(await decoder.decode(photo, view)).data, await decode(await picture().png().toBuffer()));
    const fitting: View = { ...view, resize: { kind: "exact", width: 64, height: 96 } };
    t.equal((await decoder.decode(photo, fitting)).data, rgb, "as they are");
  },
);

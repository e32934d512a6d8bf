import { Code, ConnectError } from "@connectrpc/connect";
import sharp from "sharp";
import t from "tap";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { blackPng, svgBomb } from "../../test/mesh/hostile.ts";
import { photoFormat, storedPicture } from "./photo.ts";

/** Noise does not compress away, so that half of the file is half of the picture. */
function noise(width: number, height: number) {
  return sharp({
    create: { width, height, channels: 3, background: "white", noise: { type: "gaussian", mean: 128, sigma: 60 } },
  });
}

const formats = ["jpeg", "png", "webp", "avif"] as const;

for (const format of formats) {
  t.test(`a ${format} is kept as a small WebP`, async (t) => {
    const photo = await noise(600, 400)
      .toFormat(format, { effort: format === "avif" ? 0 : undefined })
      .toBuffer();
    t.equal(photoFormat(photo), format);
    const { format: kept, width, height } = await sharp(await storedPicture(photo, "photo")).metadata();
    t.same({ kept, width, height }, { kept: "webp", width: 512, height: 341 });
  });

  t.test(`a truncated ${format} is refused`, async (t) => {
    const photo = await noise(600, 400)
      .toFormat(format, { effort: format === "avif" ? 0 : undefined })
      .toBuffer();
    const refusal = await refused(photo.subarray(0, photo.length >> 1));
    t.match(refusal, {
      code: Code.InvalidArgument,
      field: "garment.photo",
      description: `broken or truncated ${format} file`,
    });
  });
}

t.test("a photo is turned upright, not enlarged, and loses its metadata", async (t) => {
  const photo = await noise(40, 20)
    .withMetadata({ orientation: 6 })
    .withExif({ IFD0: { Copyright: "anna" } })
    .jpeg()
    .toBuffer();
  const kept = await sharp(await storedPicture(photo, "photo")).metadata();
  t.same([kept.width, kept.height, kept.exif, kept.orientation], [20, 40, undefined, undefined]);
});

t.test("what is no photo is refused by its first bytes", async (t) => {
  const gif = await noise(4, 4).gif().toBuffer();
  for (const photo of [
    new Uint8Array(0),
    Buffer.from("hello"),
    Buffer.from("\0\0\0\x08ftyp", "latin1"),
    svgBomb,
    gif,
  ]) {
    t.match(await refused(photo), {
      code: Code.InvalidArgument,
      description: "must be a JPEG, PNG, WebP or AVIF file",
    });
  }
});

t.test("too many bytes and too many pixels are refused before anything is decoded", async (t) => {
  const long = Buffer.concat([Buffer.of(0xff, 0xd8, 0xff), Buffer.alloc(10 * 1024 * 1024)]);
  t.match(await refused(long), { description: "must have at most 10485760 bytes, got 10485763" });
  t.match(await refused(blackPng(20_000, 20_000)), {
    description: "must have at most 50000000 pixels, got 20000 × 20000",
  });
});

async function refused(photo: Uint8Array) {
  const error = ConnectError.from(await storedPicture(photo, "garment.photo").catch((reason: unknown) => reason));
  const [violation] = error.findDetails(BadRequestSchema).flatMap((detail) => detail.fieldViolations);
  return { code: error.code, field: violation?.field, description: violation?.description };
}

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import sharp from "sharp";
import t from "tap";
import { readJpegHeader } from "./jpeg-header.ts";
import { readPhotoHeader } from "./photo-header.ts";

const folder = fileURLToPath(new URL("../../../test/encoder/parity/odd/", import.meta.url));
const names = readdirSync(folder).filter((name) => !name.endsWith(".avif"));

t.test("a header says of every file what libvips says", async (t) => {
  for (const name of names) {
    const bytes = readFileSync(folder + name);
    const { autoOrient, orientation, space } = await sharp(bytes).metadata();
    t.same(
      await readPhotoHeader(bytes),
      { size: autoOrient, turned: (orientation ?? 1) !== 1, cmyk: space === "cmyk" },
      name,
    );
    t.equal(readJpegHeader(bytes) !== undefined, name.endsWith(".jpg"), `${name}: read without libvips?`);
  }
});

t.test("big-endian EXIF is read as well", async (t) => {
  const exif = Buffer.from("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", "latin1");
  const segment = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
  const plain = readFileSync(`${folder}baseline.jpg`);
  const turned = Buffer.concat([plain.subarray(0, 2), segment, exif, plain.subarray(2)]);
  t.same(readJpegHeader(turned), { stored: { width: 131, height: 97 }, orientation: 6, components: 3 });
  t.equal((await sharp(turned).metadata()).orientation, 6, "libvips agrees");
});

t.test("damaged bytes never throw, and what ends early is left to the decoder", async (t) => {
  const file = readFileSync(`${folder}exif-6.jpg`);
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.nat(255), fc.nat(file.length), (at, value, length) => {
      const damaged = Uint8Array.from(file.subarray(0, length));
      if (at < damaged.length) damaged[at] = value;
      const header = readJpegHeader(damaged);
      return header === undefined || (header.orientation >= 1 && header.orientation <= 8);
    }),
    { numRuns: 500 },
  );
  t.equal(readJpegHeader(file.subarray(0, 60)), undefined);
});

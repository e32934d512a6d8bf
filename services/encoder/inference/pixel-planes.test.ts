import fc from "fast-check";
import t from "tap";
import type { PixelArray } from "./inference.ts";
import { PixelPlanes } from "./pixel-planes.ts";

const value = fc.double({ min: -10, max: 10, noNaN: true });
const triple = fc.tuple(value, value, value);
const side = fc.integer({ min: 1, max: 9 });
const photos = fc.record({
  count: fc.integer({ min: 0, max: 4 }),
  height: side,
  width: side,
  scale: triple,
  shift: triple,
});

t.test("each pixel becomes value × scale + shift in its channel's plane, whatever was there before", async () => {
  const planes = new PixelPlanes();
  fc.assert(
    fc.property(photos, fc.infiniteStream(fc.nat(255)), ({ count, height, width, scale, shift }, values) => {
      const data = Uint8Array.from({ length: count * height * width * 3 }, () => values.next().value);
      const pixels: PixelArray = { type: "pixels", dims: [count, 3, height, width], data, scale, shift };
      const got = planes.of(pixels);
      return (
        got.length === data.length &&
        data.every((value, i) => {
          const channel = (i % 3) as 0 | 1 | 2;
          const pixel = Math.floor(i / 3) % (height * width);
          const photo = Math.floor(i / 3 / (height * width));
          const at = (photo * 3 + channel) * height * width + pixel;
          return got[at] === Math.fround(value * scale[channel] + shift[channel]);
        })
      );
    }),
  );
});

import fc from "fast-check";
import t from "tap";
import { addBorder, cmykToRgb, toPixelTensor } from "./pixels.ts";
import type { View } from "./view.ts";

const view: View = {
  resize: { kind: "none" },
  kernel: "cubic",
  crop: undefined,
  rescale: 1 / 255,
  mean: [0.5, 0.4, 0.3],
  std: [0.2, 0.25, 0.3],
};

t.test("every value is rescaled and normalised by its own channel, and lies in its plane", async (t) => {
  const size = fc.record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) });
  const image = size.chain((size) => {
    const length = size.width * size.height * 3;
    return fc.record({ size: fc.constant(size), rgb: fc.uint8Array({ minLength: length, maxLength: length }) });
  });
  fc.assert(
    fc.property(image, ({ size, rgb }) => {
      const { data } = toPixelTensor(rgb, size, view);
      const pixels = size.width * size.height;
      return rgb.every((value, i) => {
        const channel = (i % 3) as 0 | 1 | 2;
        const expected = Math.fround((value / 255 - view.mean[channel]) / view.std[channel]);
        return Math.abs((data[channel * pixels + Math.floor(i / 3)] ?? NaN) - expected) < 1e-6;
      });
    }),
  );
  t.throws(() => toPixelTensor(new Uint8Array(5), { width: 1, height: 2 }, view), /expected 6 bytes.*got 5/);
});

t.test("a smaller extract lies in a black border, one of the right size is left alone", async (t) => {
  const rgb = Uint8Array.from([1, 2, 3, 4, 5, 6]);
  const extract = { left: 0, top: 0, width: 2, height: 1 };
  const same = { resized: extract, extract, output: extract };
  t.equal(addBorder(rgb, same), rgb);
  const framed = addBorder(rgb, { ...same, output: { left: 1, top: 1, width: 3, height: 3 } });
  t.same([...framed.subarray(12, 18)], [1, 2, 3, 4, 5, 6]);
  t.equal(
    framed.reduce((a, b) => a + b),
    21,
    "all else is 0",
  );
});

t.test("inks become light as Pillow computes it", async (t) => {
  // Pillow 13: Image.new("CMYK", (1, 1), inks).convert("RGB")
  const known: [number[], number[]][] = [
    [
      [0, 0, 0, 0],
      [255, 255, 255],
    ],
    [
      [255, 255, 255, 255],
      [0, 0, 0],
    ],
    [
      [10, 128, 250, 60],
      [187, 97, 4],
    ],
    [
      [77, 3, 199, 201],
      [38, 53, 12],
    ],
  ];
  for (const [inks, light] of known) t.same([...cmykToRgb(Uint8Array.from(inks))], light, inks.join(" "));
});

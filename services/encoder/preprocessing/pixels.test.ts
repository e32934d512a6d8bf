import t from "tap";
import { cmykToRgb, overWhite, toPixelArray } from "./pixels.ts";
import type { View } from "./view.ts";

const view: View = {
  resize: { kind: "none" },
  kernel: "cubic",
  crop: undefined,
  rescale: 1 / 255,
  mean: [0.5, 0.4, 0.3],
  std: [0.2, 0.25, 0.3],
};

t.test("every value is rescaled and normalised by its own channel", async (t) => {
  const { dims, data, scale, shift } = toPixelArray(
    Uint8Array.of(0, 0, 0, 255, 255, 255),
    { width: 2, height: 1 },
    view,
  );
  t.same(dims, [1, 3, 1, 2]);
  const values = [...data].map((value, i) => value * scale[i % 3]! + shift[i % 3]!);
  for (const [i, expected] of [-2.5, -1.6, -1, 2.5, 2.4, 0.7 / 0.3].entries()) {
    t.ok(Math.abs(values[i]! - expected) < 1e-6, `${i}: ${values[i]}`);
  }
});

t.test("what is transparent lies over white as Pillow computes it", async (t) => {
  // Pillow 13: Image.alpha_composite(Image.new("RGBA", (1, 1), "white"), Image.new("RGBA", (1, 1), colour))
  const known: [number[], number[]][] = [
    [
      [10, 20, 30, 0],
      [255, 255, 255],
    ],
    [
      [10, 128, 250, 255],
      [10, 128, 250],
    ],
    [
      [10, 128, 250, 77],
      [181, 217, 253],
    ],
    [
      [0, 1, 254, 128],
      [127, 128, 254],
    ],
    [
      [200, 3, 99, 1],
      [255, 254, 254],
    ],
  ];
  for (const [colour, expected] of known) {
    const rgb = new Uint8Array(3);
    overWhite(Uint8Array.from(colour), rgb);
    t.same([...rgb], expected, colour.join(" "));
  }
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
  for (const [inks, light] of known) {
    const rgb = new Uint8Array(3);
    cmykToRgb(Uint8Array.from(inks), rgb);
    t.same([...rgb], light, inks.join(" "));
  }
});

import t from "tap";
import { enlarge } from "./pillow-resize.ts";

const whole = (width: number, height: number) => ({ left: 0, top: 0, width, height });
/** Grey pixels as RGB, and back. */
const rgbOf = (grey: number[]) => Uint8Array.from(grey.flatMap((v) => [v, v, v]));
const greyOf = (rgb: Uint8Array) => [...rgb].filter((_, i) => i % 3 === 0);

// Pillow 13: Image.fromarray(np.uint8([[10, 200, 90]])).resize((7, 1), resample)
t.test("a line of three pixels becomes seven as in Pillow, with every filter", async (t) => {
  const from = { width: 3, height: 1 };
  const to = { width: 7, height: 1 };
  const enlarged = (kernel: "nearest" | "linear" | "cubic" | "lanczos3") =>
    greyOf(enlarge(rgbOf([10, 200, 90]), from, to, whole(7, 1), kernel));
  t.same(enlarged("nearest"), [10, 10, 200, 200, 200, 90, 90]);
  t.same(enlarged("linear"), [10, 37, 119, 200, 153, 106, 90]);
  t.same(enlarged("cubic"), [0, 29, 124, 200, 164, 102, 79]);
  t.same(enlarged("lanczos3"), [0, 32, 124, 200, 173, 107, 66]);
});

t.test("a window is that part of the whole", async (t) => {
  const from = { width: 3, height: 2 };
  const to = { width: 11, height: 9 };
  const rgb = Uint8Array.from({ length: 18 }, (_, i) => (i * 83) % 256);
  const all = enlarge(rgb, from, to, whole(11, 9), "cubic");
  const part = enlarge(rgb, from, to, { left: 4, top: 3, width: 5, height: 2 }, "cubic");
  for (const y of [0, 1]) {
    t.same(part.subarray(y * 15, y * 15 + 15), all.subarray(((y + 3) * 11 + 4) * 3, ((y + 3) * 11 + 9) * 3));
  }
});

t.test("what keeps its size keeps its pixels", async (t) => {
  const rgb = rgbOf([1, 2, 3, 4]);
  t.same(enlarge(rgb, { width: 2, height: 2 }, { width: 2, height: 2 }, whole(2, 2), "lanczos3"), rgb);
});

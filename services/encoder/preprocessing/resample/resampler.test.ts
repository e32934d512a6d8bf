import fc from "fast-check";
import t from "tap";
import { planView, type Size, type View } from "../view.ts";
import { Resampler, type Resampling, type Source } from "./resampler.ts";
import { computeTaps } from "./taps.ts";

const KERNELS = ["nearest", "linear", "cubic", "lanczos3"] as const;
/** Tensors that hold the 8-bit values themselves. */
const none = async () => {};

function sourceOf({ width, height }: Size, rgb: Uint8Array): Source {
  const stride = width * 3;
  return {
    width,
    height,
    copyRows: (first, count, target) => target.set(rgb.subarray(first * stride, (first + count) * stride)),
  };
}

/** The same noise for the same length. */
function noise(length: number): Uint8Array {
  let state = length;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
}

function whole(from: Size, to: Size, kernel: View["kernel"]): Resampling {
  const resize = { kind: "exact" as const, ...to };
  const view = { resize, kernel, crop: undefined, rescale: 1, mean: [0, 0, 0], std: [1, 1, 1] } satisfies View;
  return { kernel, plan: planView(view, from) };
}

/** One channel of interleaved RGB. */
function plane(rgb: Uint8Array, channel: number): Uint8Array {
  return rgb.filter((_, i) => i % 3 === channel);
}

/** Two passes over one plane as Pillow makes them, in plain numbers. */
function plainly(plane: Uint8Array, from: Size, to: Size, kernel: View["kernel"]): Uint8Array {
  const across = (rows: Uint8Array, height: number) =>
    pass(rows, [1, from.width, to.width], [from.width, to.width, height]);
  const down = (rows: Uint8Array, width: number) => pass(rows, [width, from.height, to.height], [1, 1, width]);
  const pass = (plane: Uint8Array, [step, length, newLength]: number[], [next, newNext, lines]: number[]) => {
    const { first, weights, room } = computeTaps(kernel, length!, newLength!, 0, newLength!);
    const out = new Uint8Array(newLength! * lines!);
    for (let line = 0; line < lines!; line++) {
      for (let i = 0; i < newLength!; i++) {
        let sum = 2 ** 21;
        for (let k = 0; k < room; k++) {
          sum += weights[i * room + k]! * (plane[line * next! + (first[i]! + k) * step!] ?? 0);
        }
        out[line * newNext! + i * step!] = Math.max(0, Math.min(255, Math.floor(sum / 2 ** 22)));
      }
    }
    return out;
  };
  const lost = from.height - to.height;
  if (lost > 0 && lost > 2 * (from.width - to.width)) return across(down(plane, from.width), to.height);
  return down(across(plane, from.height), to.width);
}

// Pillow 13: Image.fromarray(np.uint8([[10, 200, 90]])).resize((7, 1), resample)
t.test("a line of three pixels becomes seven as in Pillow, with every filter", async (t) => {
  const from = { width: 3, height: 1 };
  const source = sourceOf(from, Uint8Array.of(10, 10, 10, 200, 200, 200, 90, 90, 90));
  const known = {
    nearest: [10, 10, 200, 200, 200, 90, 90],
    linear: [10, 37, 119, 200, 153, 106, 90],
    cubic: [0, 29, 124, 200, 164, 102, 79],
    lanczos3: [0, 32, 124, 200, 173, 107, 66],
  };
  for (const kernel of KERNELS) {
    const pixels = await new Resampler().resample(source, whole(from, { width: 7, height: 1 }, kernel), none);
    t.same(
      [...pixels],
      known[kernel].flatMap((value) => [value, value, value]),
      kernel,
    );
  }
});

t.test("any size becomes any other, as plain arithmetic has it, on one resampler", async (t) => {
  const resampler = new Resampler();
  const size = fc.record({ width: fc.integer({ min: 1, max: 70 }), height: fc.integer({ min: 1, max: 70 }) });
  await fc.assert(
    fc.asyncProperty(size, size, fc.constantFrom(...KERNELS), async (from, to, kernel) => {
      const rgb = noise(from.width * from.height * 3);
      const pixels = await resampler.resample(sourceOf(from, rgb), whole(from, to, kernel), none);
      for (const c of [0, 1, 2]) t.same(plane(pixels, c), plainly(plane(rgb, c), from, to, kernel));
    }),
    { numRuns: 150 },
  );
});

t.test("what does not fit into one band is the same, across first and down first", async (t) => {
  for (const [from, to] of [
    [
      { width: 1500, height: 260 },
      { width: 40, height: 30 },
    ],
    [
      { width: 500, height: 1700 },
      { width: 450, height: 61 },
    ],
  ] as const) {
    const rgb = noise(from.width * from.height * 3);
    let rests = 0;
    const rest = async () => void rests++;
    const pixels = await new Resampler().resample(sourceOf(from, rgb), whole(from, to, "cubic"), rest);
    t.same(plane(pixels, 0), plainly(plane(rgb, 0), from, to, "cubic"));
    t.equal(rests > 0, from.height > 1000, "others get their turn when it takes long");
  }
});

t.test("an extract is that part of the whole, in the middle of a black border where it is smaller", async (t) => {
  const from = { width: 33, height: 20 };
  const source = sourceOf(from, noise(33 * 20 * 3));
  const { plan, ...rest } = whole(from, { width: 22, height: 11 }, "cubic");
  const all = await new Resampler().resample(source, { plan, ...rest }, none);
  const extract = { left: 4, top: 3, width: 9, height: 5 };
  const output = { left: 2, top: 1, width: 12, height: 7 };
  const part = await new Resampler().resample(source, { ...rest, plan: { ...plan, extract, output } }, none);
  const expected = new Uint8Array(3 * 12 * 7);
  for (let y = 0; y < 5; y++) {
    const line = all.subarray(((y + 3) * 22 + 4) * 3, ((y + 3) * 22 + 4 + 9) * 3);
    expected.set(line, ((y + 1) * 12 + 2) * 3);
  }
  t.same(part, expected);
});

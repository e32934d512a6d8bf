import fc from "fast-check";
import t from "tap";
import { FrameAssembler } from "./frame-assembler.ts";
import {
  decodePrefix,
  encodeFrame,
  type Frame,
  FrameError,
  MAX_BODY_BYTES,
  PREFIX_BYTES,
  type ReceivedFrame,
} from "./frames.ts";
import type { ArrayTensor } from "./inference.ts";

const data = {
  float32: (values: number[]) => Float32Array.from(values),
  int64: (values: number[]) => BigInt64Array.from(values, (value) => BigInt(value) * -(2n ** 40n)),
  int32: (values: number[]) => Int32Array.from(values),
  uint8: (values: number[]) => Uint8Array.from(values),
  pixels: (values: number[]) => Uint8Array.from(values),
};

const tensor = fc
  .record({
    type: fc.constantFrom("float32", "int64", "int32", "uint8", "pixels"),
    dims: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
    seed: fc.integer({ min: 0, max: 255 }),
  })
  .map(({ type, dims, seed }) => {
    const count = dims.reduce((a, b) => a * b, 1);
    const values = Array.from({ length: count }, (_, i) => (seed + i) % 256);
    const values64 = type === "pixels" ? { scale: [seed, 1 / 3, -seed], shift: [0.1, Number.MAX_VALUE, 5e-324] } : {};
    return { type, dims, data: data[type](values), ...values64 } as ArrayTensor;
  });

const frame: fc.Arbitrary<Frame> = fc.record({
  kind: fc.constantFrom("open", "opened", "run", "answer", "failed"),
  id: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  rssBytes: fc.integer({ min: 0, max: 2 ** 30 }).map((kib) => kib * 1024),
  text: fc.string({ unit: "binary", maxLength: 900 }),
  names: fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { maxLength: 5 }),
  tensors: fc.dictionary(fc.string({ maxLength: 20 }), tensor, { maxKeys: 5 }),
});

const joined = (frames: Frame[]) => Buffer.concat(frames.flatMap((frame) => encodeFrame(frame)));
const plain = ({ tensors = {}, ...rest }: Frame) => ({ ...rest, tensors: Object.entries(tensors) });

t.test("frames arrive as they were sent, however the stream is cut", async (t) => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 700 })), (frames, cuts) => {
      const assembler = new FrameAssembler();
      const received: ReceivedFrame[] = [];
      let rest = joined(frames);
      for (const cut of [...cuts, rest.length]) {
        received.push(...assembler.push(rest.subarray(0, cut)));
        rest = rest.subarray(cut);
      }
      t.strictSame(received.map(plain), frames.map(plain));
    }),
    { numRuns: 300 },
  );
});

t.test("tensors are passed on, not copied", async (t) => {
  const pixels = new Float32Array(3 * 224 * 224);
  const chunks = encodeFrame({
    kind: "run",
    id: 1,
    tensors: { pixels: { type: "float32", dims: [1, 3, 224, 224], data: pixels } },
  });
  t.ok(chunks.some((chunk) => chunk.buffer === pixels.buffer && chunk.length === pixels.byteLength));
});

t.test("a view on a part of memory is sent as that part", async (t) => {
  const data = Float32Array.from([1, 2, 3, 4]).subarray(1, 3);
  const [received] = new FrameAssembler().push(
    joined([{ kind: "answer", id: 7, tensors: { y: { type: "float32", dims: [2], data } } }]),
  );
  t.strictSame(received?.tensors.y?.data, Float32Array.from([2, 3]));
});

t.test("bytes that are no frames are refused, never taken for a huge one", async (t) => {
  const arbitrary = fc.uint8Array({ minLength: 200, maxLength: 400 });
  fc.assert(fc.property(arbitrary, (bytes) => void t.throws(() => new FrameAssembler().push(bytes), FrameError)));
  const honest = joined([{ kind: "run", id: 1 }]);
  for (const [at, value] of [
    [4, 9],
    [16, 2 ** 21],
    [16, 9],
    [20, MAX_BODY_BYTES + 8],
    [20, 4],
  ] as const) {
    const bent = Buffer.from(honest);
    bent.writeUInt32LE(value, at);
    t.throws(() => decodePrefix(bent), FrameError, `${value} at ${at}`);
  }
});

t.test(
  "a frame with one byte changed decodes to something or is refused, but never reads outside of itself",
  async (t) => {
    fc.assert(
      fc.property(frame, fc.nat(), fc.integer({ min: 0, max: 255 }), (sent, where, byte) => {
        const bytes = joined([sent]);
        bytes[PREFIX_BYTES + (where % (bytes.length - PREFIX_BYTES))] = byte;
        try {
          for (const { tensors } of new FrameAssembler().push(bytes)) {
            for (const { data } of Object.values(tensors)) t.ok(data.byteLength <= bytes.length);
          }
        } catch (error) {
          t.type(error, FrameError);
        }
      }),
    );
  },
);

t.test("a tensor whose dimensions do not fit its values is not sent", async (t) => {
  const tensors = { x: { type: "float32", dims: [2, 2], data: new Float32Array(3) } } as const;
  t.throws(() => encodeFrame({ kind: "run", id: 1, tensors }), { message: "expected 2 × 2 values in x, got 3" });
  const many = { x: { type: "uint8", dims: Array<number>(9).fill(1), data: new Uint8Array(1) } } as const;
  t.throws(() => encodeFrame({ kind: "run", id: 1, tensors: many }), RangeError);
});

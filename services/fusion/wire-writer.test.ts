import { create, equals, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import t from "tap";
import { RecommendationSchema, ShownItemSchema } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { bytesFromFloats } from "../kit/vector.ts";
import { WireWriter } from "./wire-writer.ts";

const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: "grapheme", maxLength: 40 }));
const item = fc.record({
  itemId: text,
  score: fc.double({ noNaN: true }),
  propensity: fc.double({ noNaN: true }),
  features: fc.float32Array({ maxLength: 60, noNaN: true }),
  category: text,
  otherPropensities: fc.dictionary(text, fc.double({ noNaN: true }), { maxKeys: 3 }),
});

function writeItem(writer: WireWriter, one: typeof item extends fc.Arbitrary<infer T> ? T : never): void {
  writer.string(1, one.itemId);
  writer.double(2, one.score);
  writer.double(3, one.propensity);
  // Not from the first one on: what is before and after is not written.
  const padded = Float32Array.of(9, ...one.features, 9);
  writer.floats(4, padded, 1, one.features.length);
  writer.string(5, one.category);
  for (const [policy, propensity] of Object.entries(one.otherPropensities)) {
    const entry = writer.begin(7);
    writer.string(1, policy);
    writer.double(2, propensity);
    writer.end(entry);
  }
}

t.test("what is written is what Protobuf reads, message in message, of any length", async (t) => {
  const writer = new WireWriter();
  fc.assert(
    fc.property(fc.array(item, { maxLength: 40 }), (items) => {
      for (const one of items) {
        const begun = writer.begin(8);
        writeItem(writer, one);
        writer.end(begun);
      }
      const read = fromBinary(RecommendationSchema, writer.finish());
      const sent = items.map((one) => ({ ...one, features: bytesFromFloats(one.features) }));
      return equals(RecommendationSchema, read, create(RecommendationSchema, { items: sent }));
    }),
  );
  t.equal(writer.finish().byteLength, 0);
});

t.test("a message is as long as its length says: 1, 2 and 3 bytes of it, and beyond the first memory", async (t) => {
  const writer = new WireWriter();
  for (const length of [0, 1, 120, 126, 127, 200, 16_382, 16_383, 16_384, 70_000, 200_000]) {
    const begun = writer.begin(8);
    writer.bytes(4, new Uint8Array(length).fill(7));
    writer.end(begun);
    const written = writer.finish();
    const items = [create(ShownItemSchema, { features: new Uint8Array(length).fill(7) })];
    t.same(written, toBinary(RecommendationSchema, create(RecommendationSchema, { items })), `${length} bytes`);
  }
});

t.test("what was encoded before is written as it is", async (t) => {
  const writer = new WireWriter();
  const item = create(ShownItemSchema, { itemId: "é".repeat(100), score: -0 });
  writer.string(1, "list");
  writer.raw(toBinary(RecommendationSchema, create(RecommendationSchema, { items: [item] })));
  const { id, items } = fromBinary(RecommendationSchema, writer.finish());
  t.same([id, items[0]?.itemId, items[0]?.score], ["list", "é".repeat(100), -0]);
});

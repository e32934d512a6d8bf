import fc from "fast-check";
import t from "tap";
import { Slot } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { clash, shapesFor } from "./shapes.ts";
import { CATEGORIES, SLOTS, slotOf } from "./slots.ts";

t.test("the ten categories of the default model pack have a slot, however they are written", async (t) => {
  const slots = {
    dress: 3,
    hat: 6,
    longsleeve: 1,
    outwear: 4,
    pants: 2,
    shirt: 1,
    shoes: 5,
    shorts: 2,
    skirt: 2,
    "t-shirt": 1,
  };
  for (const [category, slot] of Object.entries(slots)) t.equal(slotOf(category), slot, category);
  t.equal(slotOf(" T_Shirt"), Slot.TOP);
  for (const name of ["", "bag", "constructor", "__proto__"]) t.equal(slotOf(name), undefined, name);
});

t.test("no category has two slots", async (t) => {
  const names = SLOTS.flatMap((slot) => CATEGORIES[slot]);
  t.equal(new Set(names).size, names.length);
});

t.test("two garments of one slot clash, and a dress with top or bottom", async (t) => {
  t.match(clash([Slot.TOP, Slot.TOP]), /two garments for one slot: top/);
  t.match(clash([Slot.SHOES, Slot.DRESS, Slot.BOTTOM]), /cannot be worn with a bottom/);
  t.equal(clash([Slot.TOP, Slot.BOTTOM, Slot.OUTERWEAR, Slot.SHOES, Slot.HAT]), undefined);
});

t.test("what makes an outfit whole", async (t) => {
  const { TOP, BOTTOM, DRESS, OUTERWEAR, SHOES } = Slot;
  t.same(shapesFor([]), [
    [TOP, BOTTOM, SHOES],
    [DRESS, SHOES],
  ]);
  t.same(shapesFor([BOTTOM]), [[TOP, BOTTOM, SHOES]]);
  t.same(shapesFor([DRESS, OUTERWEAR]), [[DRESS, OUTERWEAR, SHOES]]);
  t.same(shapesFor([SHOES], [OUTERWEAR]), [[OUTERWEAR, SHOES]]);
  t.same(shapesFor([DRESS], [TOP]), []);
});

t.test("no shape clashes, and each holds what is given", async () => {
  const some = fc.subarray([...SLOTS]);
  fc.assert(
    fc.property(some, some, (given, wanted) => {
      fc.pre(clash(given) === undefined);
      return shapesFor(given, wanted).every(
        (shape) => clash(shape) === undefined && given.every((slot) => shape.includes(slot)),
      );
    }),
  );
});

import t from "tap";
import { requireStorable, unstorable } from "./storable-text.ts";

t.test("U+0000 and half a surrogate pair are named with their field, everything else passes", async (t) => {
  const fields = { zero: "a\0b", half: "a\ud800", emoji: "👗", empty: "", line: "a\nb" };
  t.same(
    unstorable(fields).map(({ field }) => field),
    ["zero", "half"],
  );
  t.throws(() => requireStorable(fields), { message: /zero: must be well-formed Unicode.*; half: / });
  requireStorable({ name: "👗" });
});

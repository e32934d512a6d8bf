import t from "tap";
import { axisFor, barOn } from "./axis.ts";

t.test("bars start at zero, wherever zero is", async (t) => {
  const positive = axisFor([0.2, 0.9]);
  t.same(positive, { from: 0, to: 1 });
  t.same(barOn(positive, 0.25), { start: 0, length: 25 });
  const both = axisFor([0.2, -0.5]);
  t.same(both, { from: -1, to: 1 });
  t.same(barOn(both, 0.5), { start: 50, length: 25 });
  t.same(barOn(both, -0.5), { start: 25, length: 25 });
});

t.test("rounding beyond the range stays on the axis", async (t) => {
  t.same(barOn({ from: 0, to: 1 }, 1.0000001), { start: 0, length: 100 });
});

import fc from "fast-check";
import t from "tap";
import { harmonyOf } from "./harmony.ts";
import { type Colour, namedColour } from "./palette.ts";

const hue = (degrees: number, chroma = 1): Colour => ({ hue: degrees, chroma, lightness: 0.5, neutral: false });

t.test("colour names have their place on the wheel of HSV and their lightness of CIE Lab", async (t) => {
  t.match(namedColour("Red"), { hue: 0, chroma: 1, neutral: false });
  t.ok(Math.abs((namedColour("red")?.lightness ?? 0) - 0.5324) < 1e-4);
  t.ok(Math.abs((namedColour("orange")?.hue ?? 0) - 38.8) < 0.1);
  t.match(namedColour("white"), { lightness: 1, neutral: true });
  t.equal(namedColour("navy")?.neutral, true);
  for (const name of ["", "plaid", "constructor"]) t.equal(namedColour(name), undefined);
});

t.test("the templates in the order of the part of the wheel that they leave out", async (t) => {
  const cases = [
    [[], 0.5, "unknown"],
    [[namedColour("black"), namedColour("navy")], 1, "neutral"],
    [[namedColour("black"), hue(10)], 1, "one colour"],
    [[hue(10), hue(20)], 0.95, "one hue"],
    [[hue(0), hue(180)], 0.9, "complements"],
    [[hue(0), hue(60)], 0.74, "neighbours"],
    [[hue(350), hue(110)], 0.73, "right angle"],
    [[hue(0), hue(60), hue(210)], 0.69, "split complements"],
    [[hue(0), hue(60), hue(120), hue(180)], 0.5, "half wheel"],
  ] as const;
  for (const [colours, value, relation] of cases) {
    t.equal(harmonyOf(colours).relation, relation);
    t.ok(Math.abs(harmonyOf(colours).value - value) < 1e-9, `${relation}: ${harmonyOf(colours).value}`);
  }
  const spread = harmonyOf([hue(0), hue(72), hue(144), hue(216), hue(288)]).value;
  t.ok(spread < 0.5, `five hues all around the wheel: ${spread}`);
});

t.test("neither the order of the colours nor a turn of the wheel changes the value", async () => {
  const hues = fc.array(fc.integer({ min: 0, max: 359 }), { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(hues, fc.integer({ min: 0, max: 359 }), (degrees, turn) => {
      const { value } = harmonyOf(degrees.map((d) => hue(d)));
      const turned = harmonyOf(degrees.map((d) => hue((d + turn) % 360)).reverse());
      return value >= 0 && value <= 1 && Math.abs(value - turned.value) < 1e-6;
    }),
  );
});

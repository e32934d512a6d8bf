import fc from "fast-check";
import t from "tap";
import { shownParts } from "./shown-parts.ts";

const number = fc.double({ min: -100, max: 100, noNaN: true });
const part = fc.record({ name: fc.string(), value: number, contribution: number });
const sumOf = (parts: readonly { contribution: number }[]) =>
  parts.reduce((sum, { contribution }) => sum + contribution, 0);

t.test(
  "however many parts there are, they sum to the score to six decimals, and none is off by more than one",
  async () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 80 }), (parts) => {
        const shown = shownParts(parts);
        return (
          Math.abs(sumOf(shown) - sumOf(parts)) < 0.51e-6 &&
          shown.every(({ name, value, contribution }, at) => {
            const exact = parts[at]!;
            return (
              name === exact.name &&
              Math.abs(value - exact.value) < 0.51e-6 &&
              Math.abs(contribution - exact.contribution) < 1.01e-6
            );
          })
        );
      }),
    );
  },
);

t.test("there are six decimals at most, and what is shown is shown the same again", async (t) => {
  const shown = shownParts([
    { name: "a", value: 1 / 61, contribution: 0.29999999999972715 },
    { name: "b", value: -2 / 3, contribution: 1 / 3 },
    { name: "c", value: 0, contribution: 1 / 3 },
  ]);
  t.same(shown, [
    { name: "a", value: 0.016393, contribution: 0.3 },
    { name: "b", value: -0.666667, contribution: 0.333333 },
    { name: "c", value: 0, contribution: 0.333334 },
  ]);
  t.same(shownParts(shown), shown);
});

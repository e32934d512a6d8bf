import fc from "fast-check";
import t from "tap";
import { answerItem } from "./answered-items.ts";
import type { AnsweredItem } from "./state.ts";

interface Done {
  itemId: string;
  strength: number;
  at: number;
}

// No two at the same time: then what arrived later decides, which the order of arrival must not be asked for.
const done: fc.Arbitrary<Done[]> = fc.uniqueArray(
  fc.record({
    itemId: fc.constantFrom("a", "b", "c", "d", "e"),
    strength: fc.constantFrom(1, 0.8, -0.5, -1),
    at: fc.integer({ min: 1, max: 1000 }),
  }),
  { selector: ({ at }) => at, maxLength: 30 },
);

const fold = (answers: readonly Done[]) =>
  answers.reduce<readonly AnsweredItem[]>((items, answer, n) => answerItem(items, { ...answer, ordinal: n + 1 }), []);

t.test(
  "whatever the order in which answers arrive, the lists are those of the order in which they were given",
  async () => {
    const arriving = done.chain((answers) =>
      fc.tuple(fc.constant(answers), fc.shuffledSubarray(answers, { minLength: answers.length })),
    );
    fc.assert(
      fc.property(arriving, ([answers, arrived]) => {
        const inOrder = fold(answers.toSorted((a, b) => a.at - b.at));
        const shown = (items: readonly AnsweredItem[]) =>
          items.map(({ itemId, strength }) => `${itemId} ${strength}`).join();
        return shown(fold(arrived)) === shown(inOrder);
      }),
    );
  },
);

t.test("an answer never weighs more than one that was given later", async () => {
  fc.assert(
    fc.property(done, (answers) => {
      const items = fold(answers);
      return items.every(({ ordinal }, at) => at === 0 || ordinal <= items[at - 1]!.ordinal);
    }),
  );
});

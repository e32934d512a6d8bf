import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { floatsFromBytes } from "../kit/vector.ts";
import type { LearnedPerson } from "./learned/learned.ts";
import { createTasteOf } from "./taste.ts";
import type { IndexedItem, ItemsOf } from "./vectors.ts";

const at = (angle: number) => Float32Array.of(Math.cos(angle), Math.sin(angle));

/** A person who answered to items, each with its weight and where it lies. */
function world(answers: Record<string, readonly [weight: number, angle: number]>) {
  const asked: string[][] = [];
  const fails: ConnectError[] = [];
  const clock = { ms: 0 };
  const itemsOf: ItemsOf = async (ids) => {
    asked.push([...ids]);
    const failure = fails.pop();
    if (failure) throw failure;
    const item = (id: string): IndexedItem => {
      const vectors = new Map([["clip", at(answers[id]?.[1] ?? 0)]]);
      return { ownerId: "", category: "", colour: "", vectors };
    };
    return new Map(ids.map((id) => [id, item(id)]));
  };
  const tasteOf = createTasteOf({ itemsOf, maxAgeMs: 1000, nowMs: () => clock.ms });
  const itemWeights = new Map(Object.entries(answers).map(([id, [weight]]) => [id, weight]));
  const person: LearnedPerson = {
    rank: { eventCount: 1, beliefs: new Map(), categoryAffinity: new Map(), colourAffinity: new Map(), itemWeights },
    policy: undefined,
    liked: new Set(),
    disliked: [],
  };
  return { tasteOf, person, asked, fails, clock };
}

t.test("a person's taste is made once for each profile, but not kept when it could not be made", async (t) => {
  const { tasteOf, person, asked, fails } = world({ hat: [1, 0] });
  fails.push(new ConnectError("away", Code.Unavailable));
  await t.rejects(tasteOf(person), { code: Code.Unavailable });
  const taste = await tasteOf(person);
  t.equal(await tasteOf(person), taste);
  t.same(asked, [["hat"], ["hat"]]);
  t.not(await tasteOf({ ...person }), taste, "another profile, another taste");
});

t.test(
  "a taste is made anew when it is too old: what the Index says of the items may be another thing by then",
  async (t) => {
    const { tasteOf, person, asked, clock } = world({ hat: [1, 0] });
    const taste = await tasteOf(person);
    clock.ms = 1000;
    t.equal(await tasteOf(person), taste);
    clock.ms = 1001;
    t.not(await tasteOf(person), taste);
    t.equal(asked.length, 2);
  },
);

t.test("interests are what was liked, each far from the others, what counts most first", async (t) => {
  const { tasteOf, person } = world({
    ...{ hat: [0.9, 0], alike: [0.8, 0.01], shoes: [0.5, 1.5], disliked: [-1, 3] },
  });
  const { interests } = await tasteOf(person);
  const nearest = interests.map(({ vector }) => {
    const [x = 0, y = 0] = floatsFromBytes(vector);
    return Math.round(Math.atan2(y, x) * 100) / 100;
  });
  t.same(nearest, [0, 1.5, 0.01]);
});

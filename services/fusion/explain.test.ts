import t from "tap";
import { explain, ordinal } from "./explain.ts";

const shoe = { category: "shoes", colour: "white", liked: false };
const ranks = new Map([
  ["fashion", 1],
  ["clip", 1],
  ["blip", 3],
]);

t.test("ranks are said by model, best first, and what the photo shares with the item", async (t) => {
  t.equal(
    explain({ ...shoe, ranks }, { kind: "photo", category: "shoes", colour: "black" }),
    "clip and fashion rank it first, blip third; same category as the photo: shoes",
  );
});

t.test("an item asked for is called so, and a liked one is said to be liked", async (t) => {
  t.equal(
    explain(
      { ...shoe, liked: true, ranks: new Map([["clip", 12]]) },
      { kind: "item", category: "hat", colour: "white" },
    ),
    "clip ranks it 12th; same colour as the garment asked for: white; you liked it before",
  );
});

t.test("a sentence has no category to share, and nothing unknown is called the same", async (t) => {
  t.equal(
    explain({ ...shoe, ranks: new Map([["clip", 2]]) }, { kind: "text", category: "shoes", colour: "" }),
    "clip ranks it second",
  );
  t.equal(
    explain({ category: "", colour: "", liked: false, ranks }, { kind: "photo", category: "", colour: "" }),
    "clip and fashion rank it first, blip third",
  );
});

t.test("ordinals beyond the tenth are numbers with the right ending", async (t) => {
  t.same([1, 10, 11, 12, 13, 21, 22, 23, 24, 101, 111, 112].map(ordinal), [
    "first",
    "tenth",
    "11th",
    "12th",
    "13th",
    "21st",
    "22nd",
    "23rd",
    "24th",
    "101st",
    "111th",
    "112th",
  ]);
});

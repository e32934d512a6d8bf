import { readFileSync } from "node:fs";
import t from "tap";
import { knnAccuracy, majority, nearest, precisionAt, zeroShotAccuracy } from "../../eval/measures.ts";
import { deviations, readModelCard } from "../../eval/model-card.ts";
import { sample } from "../../eval/photographs.ts";
import { categoryIn, promptFor } from "../../eval/words.ts";

const at = (degrees: number, category: string) => {
  const turn = (degrees * Math.PI) / 180;
  return { vector: Float32Array.of(Math.cos(turn), Math.sin(turn)), category };
};
const known = [at(0, "hat"), at(10, "hat"), at(20, "dress"), at(80, "dress"), at(90, "dress")];

t.test("neighbours come nearest first and vote; a draw goes to the first by name", async (t) => {
  t.same(
    nearest(at(12, "").vector, known, 3).map(({ category }) => category),
    ["hat", "dress", "hat"],
  );
  t.equal(majority([at(0, "a"), at(1, "b"), at(2, "b")]), "b");
  t.equal(majority([at(0, "b"), at(1, "a")]), "a");
});

t.test("accuracy, precision and zero-shot are parts of one", async (t) => {
  const probes = [at(5, "hat"), at(85, "hat")];
  t.equal(knnAccuracy(probes, known, 3), 0.5);
  t.equal(precisionAt(probes, known, 2), 0.5);
  t.equal(zeroShotAccuracy(probes, [at(0, "hat"), at(90, "dress")]), 0.5);
});

t.test("a caption names the category of its longest name", async (t) => {
  const captions = {
    "a navy t - shirt": "t-shirt",
    "a white shirt": "shirt",
    "a long sleeve shirt": "longsleeve",
    "a pair of jeans": "pants",
    "a brown miniskirt": "skirt",
    "something red": undefined,
  };
  for (const [caption, category] of Object.entries(captions)) t.equal(categoryIn(caption), category, caption);
  t.equal(promptFor("outwear"), "a photo of a jacket");
  t.equal(promptFor("hat"), "a photo of a hat");
});

t.test("the model card is read, and what is off by more than a point is said", async (t) => {
  const card = readModelCard(readFileSync("models/README.md", "utf8"));
  t.match(card, { "clip.knn5": 0.815, "fashion.head": 0.795, "blip.captionCategory": 0.768, "blip.zeroShot": 0.792 });
  t.equal(Object.keys(card).length, 11);
  t.same(deviations({ a: 0.51, b: 0.48 }, { a: 0.5, b: 0.5, c: 0.5 }), [
    "b is 0.480, the model card says 0.5",
    "c was not measured, the model card says 0.5",
  ]);
  t.throws(() => readModelCard("# nothing"), /expected a table/);
});

t.test("a sample is the same for the same seed", async (t) => {
  const items = Array.from({ length: 50 }, (_, i) => i);
  t.same(sample(items, 5, 3), sample(items, 5, 3));
  t.notSame(sample(items, 5, 3), sample(items, 5, 4));
});

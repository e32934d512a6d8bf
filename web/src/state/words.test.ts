import t from "tap";
import { countWords, fusionWords, garmentName, inModelOrder, leftOutWords, listWords, uploadWords } from "./words.ts";

t.test("garments have names, also those of which little is known", async (t) => {
  t.equal(garmentName({ category: "t-shirt", colour: "red" }), "T-shirt, red");
  t.equal(garmentName({ category: "hat", colour: "" }), "Hat");
  t.equal(garmentName({ category: "", colour: "" }), "Garment");
});

t.test("what was left out is said plainly, also a part that came later", async (t) => {
  t.same(leftOutWords(["model:blip", "index:clip_fashion", "index:behind", "feedback", "recommendation_log", "new"]), [
    "the blip model",
    "the index clip_fashion",
    "the newest garments",
    "what you liked and skipped",
    "the record of this answer",
    "new",
  ]);
});

t.test("lists and counts", async (t) => {
  t.equal(listWords([]), "");
  t.equal(listWords(["a"]), "a");
  t.equal(listWords(["a", "b", "c"]), "a, b and c");
  t.equal(countWords(1n, "garment"), "1 garment");
  t.equal(countWords(1200, "garment"), "1,200 garments");
});

t.test("models stand in one order", async (t) => {
  t.same(inModelOrder(["zeta", "fashion", "alpha", "blip", "clip", "clip"]), [
    "clip",
    "blip",
    "fashion",
    "alpha",
    "zeta",
  ]);
  t.equal(
    fusionWords("adaptive", { blip: 0.5, clip: 0.5 }),
    "what was learned from you and others, with the models' shares clip 50 % and blip 50 %",
  );
  t.equal(fusionWords("baseline", { blip: 0.5, clip: 0.5 }), "reciprocal rank fusion of clip 50 % and blip 50 %");
  t.equal(fusionWords("other", { a: 1 }), "other of a 100 %");
});

t.test("progress of photos", async (t) => {
  t.equal(uploadWords([]), "");
  t.equal(uploadWords(["done", "adding", "refused"]), "Adding photos: 1 of 2 done, 1 not added");
  t.equal(uploadWords(["done", "done"]), "2 photos added");
  t.equal(uploadWords(["failed"]), "1 not added");
});

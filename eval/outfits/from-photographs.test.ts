import t from "tap";
import { outfitsFromPhotographs, type RulePhoto } from "./from-photographs.ts";
import { qualityOf } from "./learn.ts";

const CATEGORIES = ["t-shirt", "shirt", "pants", "shorts", "dress", "shoes", "outwear", "hat"];
const photos = (split: string): RulePhoto[] =>
  Array.from({ length: 80 }, (_, i) => ({
    category: CATEGORIES[i % CATEGORIES.length] ?? "",
    file: `${split}/${i}`,
    colour: { hue: (i * 47) % 360, chroma: (i % 5) / 5, lightness: (i % 7) / 7, neutral: i % 5 === 0 },
  }));
const options = { train: photos("train"), test: photos("test"), trainOutfits: 50, testOutfits: 200 };

t.test("the same seed makes the same outfits, of photographs of the right split, and answers differ", async (t) => {
  const { rule, ...made } = outfitsFromPhotographs({ ...options, seed: 3 });
  const { rule: again, ...same } = outfitsFromPhotographs({ ...options, seed: 3 });
  t.same(made, same);
  t.not(JSON.stringify(made.train), JSON.stringify(outfitsFromPhotographs({ ...options, seed: 4 }).train));
  t.ok(made.train.flat().every((file) => file.startsWith("train/")));
  t.ok(made.compatibility.every(({ items }) => items.every((file) => file.startsWith("test/"))));
  for (const { given, answers, correct } of made.blanks) {
    t.ok(new Set([...answers, ...given]).size === given.length + 4 && correct >= 0 && correct < 4);
  }
  const places = new Set(made.blanks.map(({ correct }) => correct));
  t.equal(places.size, 4, "the right answer stands anywhere");
});

t.test("who knows the rule tells outfits from chance; who knows nothing does not", async (t) => {
  const made = outfitsFromPhotographs({ ...options, seed: 1 });
  const known = qualityOf(made, (items) => made.rule?.(items));
  t.ok(known.auc > 0.75 && known.blank > 0.4, JSON.stringify(known));
  t.match(
    qualityOf(made, () => 1),
    { auc: 0.5, blank: 0.25, asked: { outfits: 400, blanks: 200 } },
  );
});

import sharp from "sharp";
import t from "tap";
import { CATEGORIES } from "../client/categories.ts";
import { TONES } from "./cloth.ts";
import { drawGarment } from "./draw.ts";
import { SAMPLE_WARDROBE, sampleName } from "./wardrobe.ts";

t.test("the sample wardrobe has every category and every colour, and every garment its own name", async (t) => {
  t.same(new Set(SAMPLE_WARDROBE.map(({ category }) => category)), new Set(CATEGORIES));
  t.same(new Set(SAMPLE_WARDROBE.map(({ colour }) => colour)), new Set(Object.keys(TONES)));
  t.equal(new Set(SAMPLE_WARDROBE.map(sampleName)).size, SAMPLE_WARDROBE.length);
});

t.test("every garment is drawn on the ground, the same way each time", async (t) => {
  for (const garment of SAMPLE_WARDROBE) {
    const [once, again] = await Promise.all([drawGarment(garment), drawGarment(garment)]);
    t.same(once, again, sampleName(garment));
    const { channels } = await sharp(once).stats();
    t.ok(Math.max(...channels.map(({ stdev }) => stdev)) > 8, `${sampleName(garment)} stands out from the ground`);
  }
});

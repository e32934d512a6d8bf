import fc from "fast-check";
import t from "tap";
import { Slot } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { featuresOf } from "./features.ts";
import { createJudge, verdictOf } from "./judge.ts";
import { DIMENSIONS, FEATURES } from "./layout.ts";
import { outfitId } from "./outfit-id.ts";
import { createPairFacts } from "./pair-facts.ts";
import { NO_TASTE, type Piece, pieceOf } from "./piece.ts";
import { fitsLayout, PRIOR } from "./prior.ts";
import { scoreOf } from "./scoring.ts";
import { anyOutfit } from "./testing.ts";

const judged = (pieces: readonly Piece[], theta: Float64Array) => {
  const features = createJudge().features(pieces);
  return { features, ...verdictOf(pieces, features, theta) };
};

const coefficients = fc
  .array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: DIMENSIONS, maxLength: DIMENSIONS })
  .map((values) => Float64Array.from(values));

t.test("the layout fits a log entry, and every feature has a name of its own and a prior", async (t) => {
  t.equal(new Set(FEATURES).size, DIMENSIONS);
  t.ok(DIMENSIONS * 4 <= 1024, "features of a shown item take at most 1,024 bytes");
  t.ok(fitsLayout(PRIOR));
});

t.test("the order of the garments does not matter, to the bit", async () => {
  fc.assert(
    fc.property(anyOutfit, fc.infiniteStream(fc.nat()), (pieces, orders) => {
      const shuffled = pieces
        .map((piece) => ({ piece, order: orders.next().value }))
        .sort((a, b) => a.order - b.order)
        .map(({ piece }) => piece);
      const [one, other] = [featuresOf(pieces, createPairFacts()), featuresOf(shuffled, createPairFacts())];
      return one.every((value, i) => Object.is(value, other[i]));
    }),
  );
});

t.test("features are finite, and the parts sum to the score", async () => {
  fc.assert(
    fc.property(anyOutfit, coefficients, (pieces, theta) => {
      const { features, score, parts, compatibility } = judged(pieces, theta);
      const sum = parts.reduce((total, { contribution }) => total + contribution, 0);
      const products = parts.every(
        ({ name, value, contribution }) => contribution === value * (theta[FEATURES.indexOf(name)] ?? 0),
      );
      return features.every(Number.isFinite) && sum === score && products && compatibility >= 0 && compatibility <= 1;
    }),
  );
});

t.test("the numbers of a reason sum to the score, but for rounding and what is too small for a word", async () => {
  fc.assert(
    fc.property(anyOutfit, coefficients, (pieces, theta) => {
      const { score, reason } = judged(pieces, theta);
      const said = [...reason.matchAll(/\(([+−])(\d+\.\d\d)\)/g)].map(
        ([, sign, number]) => Number(number) * (sign === "+" ? 1 : -1),
      );
      const sum = said.reduce((a, b) => a + b, 0);
      return Math.abs(sum - score) < 0.06;
    }),
  );
});

t.test("by the prior, agreement of colours and dress codes is better than disagreement", async (t) => {
  const plain = { tags: [], owned: false, vectors: new Map(), taste: NO_TASTE };
  const shirt = pieceOf({ ...plain, id: "1", slot: Slot.TOP, category: "shirt", colour: "white" });
  const pants = pieceOf({ ...plain, id: "2", slot: Slot.BOTTOM, category: "pants", colour: "navy" });
  const shorts = pieceOf({ ...plain, id: "3", slot: Slot.BOTTOM, category: "shorts", colour: "navy" });
  const [good, bad] = [judged([shirt, pants], PRIOR.mean), judged([shirt, shorts], PRIOR.mean)];
  t.ok(
    good.compatibility > 0.5 && bad.compatibility < good.compatibility,
    `${good.compatibility} ${bad.compatibility}`,
  );
  t.equal(scoreOf(good.features, PRIOR.mean), good.score);
  t.match(good.reason, /^all colours are neutral: white, navy \(\+2\.\d\d\); .*dress codes agree by 70 % \(\+1\.05\)/);
});

t.test("an outfit's id is that of its set of garments", async () => {
  const ids = fc.uniqueArray(fc.uuid(), { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(ids, fc.uuid(), (garments, other) => {
      const id = outfitId(garments);
      const same = outfitId([...garments].reverse()) === id && /^[0-9a-f-]{36}$/.test(id);
      return (
        same &&
        outfitId(garments.slice(1)) !== id &&
        (garments.includes(other) || outfitId([...garments, other]) !== id)
      );
    }),
  );
});

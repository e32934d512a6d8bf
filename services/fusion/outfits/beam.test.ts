import fc from "fast-check";
import t from "tap";
import { Slot } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { beamSearch } from "./beam.ts";
import { createJudge } from "./judge.ts";
import type { Piece } from "./piece.ts";
import { PRIOR } from "./prior.ts";
import { scoreOf } from "./scoring.ts";
import { anyPiece } from "./testing.ts";

const SHAPE = [Slot.TOP, Slot.BOTTOM, Slot.SHOES] as const;
const world = fc
  .tuple(...SHAPE.map((slot) => fc.array(anyPiece(slot), { minLength: 1, maxLength: 4 })), anyPiece(Slot.TOP))
  .map(([tops, bottoms, shoes, given]) => ({
    given: given as Piece,
    candidates: new Map([
      [Slot.TOP, tops as Piece[]],
      [Slot.BOTTOM, bottoms as Piece[]],
      [Slot.SHOES, shoes as Piece[]],
    ] as const),
  }))
  .filter(({ given, candidates }) => {
    const ids = [given, ...[...candidates.values()].flat()].map(({ id }) => id);
    return new Set(ids).size === ids.length;
  });

function scorer() {
  const judge = createJudge();
  return (pieces: readonly Piece[]) => scoreOf(judge.features(pieces), PRIOR.mean);
}

t.test("with room for all it finds what trying everything finds, in the same order", async () => {
  fc.assert(
    fc.property(world, ({ candidates }) => {
      const score = scorer();
      const [tops, bottoms, shoes] = SHAPE.map((slot) => candidates.get(slot) ?? []);
      const every = tops!.flatMap((top) =>
        bottoms!.flatMap((bottom) => shoes!.map((shoe) => score([top, bottom, shoe]))),
      );
      const found = beamSearch({ given: [], shape: SHAPE, candidates, width: Number.POSITIVE_INFINITY, score });
      const sorted = every.sort((a, b) => b - a);
      return found.length === every.length && found.every((one, i) => one.score === sorted[i]);
    }),
    { numRuns: 50 },
  );
});

t.test("at most one garment a slot, all slots filled, what is given stays, and never more than the width", async () => {
  fc.assert(
    fc.property(world, fc.integer({ min: 1, max: 8 }), ({ given, candidates }, width) => {
      const found = beamSearch({ given: [given], shape: SHAPE, candidates, width, score: scorer() });
      return (
        found.length >= 1 &&
        found.length <= width &&
        found.every(({ pieces }) => pieces.map(({ slot }) => slot).join() === SHAPE.join() && pieces.includes(given))
      );
    }),
    { numRuns: 50 },
  );
});

t.test("the key of a set is that of its garments, in whatever order they came", async () => {
  fc.assert(
    fc.property(world, ({ given, candidates }) => {
      const keys = new Map<string, string>();
      const score = (pieces: readonly Piece[], key: string) => {
        const ids = pieces.map(({ id }) => id).sort();
        keys.set(key, ids.join(" "));
        return 0;
      };
      beamSearch({ given: [given], shape: SHAPE, candidates, width: 8, score });
      const turned = new Map([...candidates].reverse());
      beamSearch({ given: [given], shape: [...SHAPE].reverse(), candidates: turned, width: 8, score });
      return [...keys].every(([key, ids]) => key === ids) && new Set(keys.values()).size === keys.size;
    }),
    { numRuns: 20 },
  );
});

t.test("a narrow beam holds several garments of the slot just filled, when there are", async (t) => {
  const [tops, bottoms] = fc.sample(
    fc.tuple(...[Slot.TOP, Slot.BOTTOM].map((slot) => fc.array(anyPiece(slot as 1), { minLength: 6, maxLength: 6 }))),
    { seed: 1, numRuns: 1 },
  )[0]!;
  const candidates = new Map([
    [Slot.TOP, tops!],
    [Slot.BOTTOM, bottoms!],
  ] as const);
  const favourite = bottoms![0]!.id;
  const score = (pieces: readonly Piece[]) => (pieces.some(({ id }) => id === favourite) ? 1 : 0);
  const found = beamSearch({ given: [], shape: [Slot.TOP, Slot.BOTTOM], candidates, width: 4, score });
  const others = found.filter(({ pieces }) => !pieces.some(({ id }) => id === favourite));
  t.equal(found.length, 4);
  t.ok(others.length === 3 || new Set(found.map(({ pieces }) => pieces[1]!.id)).size > 1);
});

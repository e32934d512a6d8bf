import type { Piece } from "./piece.ts";
import type { Shape } from "./shapes.ts";
import type { KnownSlot } from "./slots.ts";

export interface BeamOptions {
  /** Of one shape: what stands in its slots already. */
  given: readonly Piece[];
  shape: Shape;
  /** What may fill each other slot. */
  candidates: ReadonlyMap<KnownSlot, readonly Piece[]>;
  /** How many unfinished outfits are kept after each slot; Infinity: all, which is a search of everything. */
  width: number;
  /** Higher is better; of unfinished outfits too. The same set has the same key. */
  score(pieces: readonly Piece[], key: string): number;
}

export interface Found {
  /** In the order of the shape. */
  pieces: readonly Piece[];
  /** Their ids in order. */
  key: string;
  score: number;
}

/**
 * Fills the slots of a shape one after the other, those with the fewest candidates first, and keeps the best `width`
 * outfits after each, best first, equal ones by their garments. So that they do not all hold the same garment, one that
 * fills the slot just taken stands in at most a quarter of them while others are left: beam search with diversity
 * between groups (Vijayakumar et al., "Diverse Beam Search", AAAI 2018), the groups being the garments.
 */
export function beamSearch({ given, shape, candidates, width, score }: BeamOptions): Found[] {
  const taken = new Set(given.map(({ slot }) => slot));
  const open = shape
    .filter((slot) => !taken.has(slot))
    .sort((a, b) => (candidates.get(a)?.length ?? 0) - (candidates.get(b)?.length ?? 0));
  const found = (pieces: readonly Piece[]): Found => {
    const ordered = inOrder(pieces, shape);
    const key = keyOf(ordered);
    return { pieces: ordered, key, score: score(ordered, key) };
  };
  let beam: Found[] = [found(given)];
  for (const slot of open) {
    const grown = beam.flatMap(({ pieces }) =>
      (candidates.get(slot) ?? []).map((piece) => ({ ...found([...pieces, piece]), last: piece.id })),
    );
    grown.sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1));
    beam = spreadOut(grown, width);
  }
  return beam;
}

/** The best of them, at most a quarter with the same last garment; the rest is filled up with what was passed over. */
function spreadOut<T extends Found & { last: string }>(grown: readonly T[], width: number): Found[] {
  if (grown.length <= width) return [...grown];
  const most = Math.max(1, Math.ceil(width / 4));
  const counts = new Map<string, number>();
  const kept = new Set<T>();
  for (const one of grown) {
    if (kept.size === width) break;
    const count = counts.get(one.last) ?? 0;
    if (count < most) kept.add(one);
    counts.set(one.last, count + 1);
  }
  for (const one of grown) {
    if (kept.size === width) break;
    kept.add(one);
  }
  return grown.filter((one) => kept.has(one));
}

function inOrder(pieces: readonly Piece[], shape: Shape): Piece[] {
  return [...pieces].sort((a, b) => shape.indexOf(a.slot) - shape.indexOf(b.slot));
}

function keyOf(pieces: readonly Piece[]): string {
  return pieces
    .map(({ id }) => id)
    .sort()
    .join(" ");
}

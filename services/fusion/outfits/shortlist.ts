import type { Piece } from "./piece.ts";

/** How many garments a slot is filled from. */
export const CANDIDATES_PER_SLOT = 24;

/**
 * At most `limit` of the pieces: up to half of them those that were found near to what is wanted, in that order; the rest
 * best first by turns through category and colour, so that there is a choice of colours whatever scores best.
 */
export function shortlist(
  pieces: readonly Piece[],
  { near, limit, score }: { near: readonly string[]; limit: number; score: (piece: Piece) => number },
): Piece[] {
  const byId = new Map(pieces.map((piece) => [piece.id, piece]));
  const chosen = new Set(near.flatMap((id) => byId.get(id) ?? []).slice(0, Math.floor(limit / 2)));
  const scores = new Map([...byId.values()].map((piece) => [piece, score(piece)]));
  const best = [...byId.values()]
    .filter((piece) => !chosen.has(piece))
    .sort((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0) || (a.id < b.id ? -1 : 1));
  const looks = [...Map.groupBy(best, ({ category, colour }) => JSON.stringify([category, colour])).values()];
  for (let turn = 0; chosen.size < limit && turn < best.length; turn++) {
    for (const look of looks) {
      const piece = look[turn];
      if (piece !== undefined && chosen.size < limit) chosen.add(piece);
    }
  }
  return [...chosen];
}

import { product } from "../ranking/product.ts";
import { tagAgreement } from "./character.ts";
import { along } from "./directions.ts";
import { DIRECTIONS, HUE_ORDERS, MODELS, PAIR_FEATURES, SLOT_PAIRS, slotPair } from "./layout.ts";
import type { Piece } from "./piece.ts";

/** What two garments are to each other: one value for each of `PAIR_FEATURES`; NaN: the pair does not have this one. */
export type PairFacts = (a: Piece, b: Piece) => Float64Array;

/** Remembers what it found: for one request, whose pieces are the same objects all the time. */
export function createPairFacts(): PairFacts {
  const places = new Map<Piece, Map<string, Float64Array>>();
  const facts = new Map<Piece, Map<Piece, Float64Array>>();
  const placesOf = (piece: Piece) => {
    let known = places.get(piece);
    if (known === undefined) {
      known = new Map([...piece.vectors].map(([model, vector]) => [model, along(model, vector)]));
      places.set(piece, known);
    }
    return known;
  };
  return (one, other) => {
    const [a, b] = one.id < other.id ? [one, other] : [other, one];
    let ofA = facts.get(a);
    if (ofA === undefined) {
      ofA = new Map();
      facts.set(a, ofA);
    }
    let known = ofA.get(b);
    if (known === undefined) {
      known = compare(a, b, placesOf(a), placesOf(b));
      ofA.set(b, known);
    }
    return known;
  };
}

type Places = ReadonlyMap<string, Float64Array>;

function compare(a: Piece, b: Piece, placesA: Places, placesB: Places): Float64Array {
  const facts = new Float64Array(PAIR_FEATURES.length).fill(Number.NaN);
  const pair = slotPair(a.slot, b.slot);
  let at = SLOT_PAIRS.length;
  if (a.hue !== undefined && b.hue !== undefined) {
    facts[pair] = Math.abs(a.hue.lightness - b.hue.lightness);
    const weight = a.hue.neutral || b.hue.neutral ? 0 : Math.sqrt(a.hue.chroma * b.hue.chroma);
    const turn = ((a.hue.hue - b.hue.hue) * Math.PI) / 180;
    HUE_ORDERS.forEach((order, i) => {
      facts[at + i] = weight * Math.cos(order * turn);
    });
  }
  at += HUE_ORDERS.length;
  facts[at++] = tagAgreement(a.tags, b.tags);
  for (const model of MODELS) {
    const [x, y] = [a.vectors.get(model), b.vectors.get(model)];
    const cosine = x && y && product(x, y);
    if (cosine !== undefined) facts[at + pair] = cosine;
    at += SLOT_PAIRS.length;
  }
  for (const model of MODELS) {
    const [x, y] = [placesA.get(model), placesB.get(model)];
    if (x && y) for (let i = 0; i < DIRECTIONS; i++) facts[at + i] = (x[i] ?? 0) * (y[i] ?? 0);
    at += DIRECTIONS;
  }
  return facts;
}

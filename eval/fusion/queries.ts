import { type Candidate, MODELS, type RankContext } from "../../services/fusion/ranking/rank-types.ts";
import { dot } from "../measures.ts";
import type { Seen, SeenWorld } from "../seen-world.ts";

/** Something that is asked with, and what the three indices find for it. */
export interface Query {
  kind: "photo" | "text";
  /** What it truly shows. */
  seen: Seen;
  context: RankContext;
  candidates: Candidate[];
  /** Of each candidate: its place in the catalogue. */
  places: number[];
  /** By candidate, then model, cosines, also of those that a model did not find: what the simulated people look at. */
  likeness: Float32Array[];
}

/** Neighbours by model, as Fusion asks for. */
const NEIGHBOURS = 50;

/** All photographs and sentences with their candidates: exact nearest neighbours by each model, joined. */
export function queriesOf({ catalogue, photos, texts }: SeenWorld): Query[] {
  const vectors = catalogue.map(
    (item) => new Map<string, Float32Array>(MODELS.map((name, m) => [name, item.vectors[m]!])),
  );
  const ids = catalogue.map((_, i) => `item-${String(i).padStart(4, "0")}`);
  return [
    ...photos.map((seen) => ({ kind: "photo" as const, seen })),
    ...texts.map((seen) => ({ kind: "text" as const, seen })),
  ].map(({ kind, seen }) => {
    const cosines = MODELS.map((_, m) =>
      Float32Array.from(catalogue, (item) => dot(item.vectors[m]!, seen.vectors[m]!)),
    );
    const found = cosines.map((list) => new Set(best(list, NEIGHBOURS)));
    const places = [...new Set(found.flatMap((set) => [...set]))].sort((a, b) => a - b);
    const candidates = places.map((place): Candidate => {
      const item = catalogue[place]!;
      const known = MODELS.flatMap((name, m) => (found[m]!.has(place) ? [[name, cosines[m]![place]!] as const] : []));
      return {
        id: ids[place]!,
        cosines: new Map(known),
        category: item.saidCategory,
        colour: item.colour,
        owned: false,
        vectors: vectors[place]!,
      };
    });
    const likeness = places.map((place) => Float32Array.from(cosines, (list) => list[place]!));
    // A sentence has no category and colour that the mesh knows of.
    const context =
      kind === "photo"
        ? { kind, category: seen.saidCategory, colour: seen.colour }
        : { kind, category: "", colour: "" };
    return { kind, seen, context, candidates, places, likeness };
  });
}

function best(values: Float32Array, count: number): number[] {
  const order = Array.from(values.keys()).sort((a, b) => values[b]! - values[a]!);
  return order.slice(0, count);
}

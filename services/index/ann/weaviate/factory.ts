import { AnnError } from "../ann.ts";

/** What Weaviate has of FAISS's indices. */
export type WeaviateIndex =
  | { kind: "flat" }
  | {
      kind: "hnsw";
      /** Links of a row on each level above the ground. */
      links: number;
      /** Whether rows are kept as bytes for searching. */
      quantised: boolean;
    };

/**
 * "Flat", "HNSW<links>", "HNSW<links>,Flat" or "HNSW<links>,SQ8".
 * @throws {AnnError} Weaviate has no such index
 */
export function parseFactory(factory: string, count: number): WeaviateIndex {
  if (factory === "Flat") return { kind: "flat" };
  const [, links, , codec] = /^HNSW(\d{1,4})(,(Flat|SQ8))?$/.exec(factory) ?? [];
  // Weaviate itself takes 4 to 2,047.
  if (links && Number(links) >= 4 && Number(links) <= 2047) {
    return { kind: "hnsw", links: Number(links), quantised: codec === "SQ8" };
  }
  throw new AnnError(
    `weaviate: no index for ${count} rows as "${factory}": expected Flat, HNSW<links>, HNSW<links>,Flat or HNSW<links>,SQ8 with 4 to 2047 links`,
  );
}

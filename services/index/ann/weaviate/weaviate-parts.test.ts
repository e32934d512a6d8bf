import fc from "fast-check";
import t from "tap";
import { AnnError } from "../ann.ts";
import { parseFactory } from "./factory.ts";
import { idOfRow, rowOfId } from "./row-id.ts";

t.test("a row's id is a UUID, and leads back to it", async (t) => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  fc.assert(fc.property(fc.nat(2 ** 31 - 1), (row) => uuid.test(idOfRow(row)) && rowOfId(idOfRow(row)) === row));
  t.throws(() => rowOfId("11111111-0000-4000-8000-000000000001"), RangeError);
  t.throws(() => rowOfId("7"), RangeError);
});

t.test("FAISS's words for what Weaviate has, and a refusal for the rest", async (t) => {
  t.same(parseFactory("Flat", 9), { kind: "flat" });
  t.same(parseFactory("HNSW16", 9), { kind: "hnsw", links: 16, quantised: false });
  t.same(parseFactory("HNSW16,Flat", 9), { kind: "hnsw", links: 16, quantised: false });
  t.same(parseFactory("HNSW32,SQ8", 9), { kind: "hnsw", links: 32, quantised: true });
  for (const factory of ["", "flat", "HNSW", "HNSW3,Flat", "HNSW2048", "HNSW16,PQ8", "IVF64,Flat", "PCA8,HNSW16"]) {
    t.throws(() => parseFactory(factory, 9), AnnError, factory);
  }
});

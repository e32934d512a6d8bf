import fc from "fast-check";
import t from "tap";
import { candidateFactories, codedFactory, paramsToTry, reducedFactory } from "./candidates.ts";
import { type Measured, propose } from "./propose.ts";

const trial = (factory: string, recall: number, meanMs: number, memoryBytes = 0): Measured => ({
  ...{ factory, recall, meanMs, memoryBytes, params: {}, recallLow: recall, p95Ms: meanMs, buildMs: 0 },
});

t.test("the fastest that finds enough is proposed, the smaller one of two that are about as fast", async (t) => {
  const scan = trial("", 1, 9);
  const found = propose([scan, trial("A", 0.98, 1), trial("B", 0.99, 2, 5), trial("C", 0.995, 3)], 0.99, "faiss");
  t.match(found, { measured: { factory: "B" }, reachedTarget: true, reason: /3 of 4 .* the fastest$/ });
  t.same(found.settings, ["INDEX_ENGINE=faiss", "INDEX_FACTORY=B"]);
  const smaller = propose([trial("B", 1, 2, 5), trial("C", 1, 2.1, 4)], 0.99, "faiss");
  t.match(smaller, { measured: { factory: "C" }, reason: /least memory .* as fast as the fastest, B/ });
  t.match(propose([scan, trial("A", 1, 10)], 0.99, "faiss"), { settings: ["INDEX_ENGINE=flat"] });
  t.match(propose([trial("A", 0.5, 1), trial("B", 0.7, 2)], 0.99, "faiss"), {
    measured: { factory: "B" },
    reachedTarget: false,
    reason: /nothing found 0.99/,
  });
});

t.test("what is proposed finds enough wherever anything does", async () => {
  const one = fc.record({ factory: fc.constantFrom("", "A", "B"), recall: fc.double({ min: 0, max: 1, noNaN: true }) });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (some, target) => {
      const { measured, reachedTarget } = propose(
        some.map(({ factory, recall }, at) => trial(factory, recall, at % 3, at)),
        target,
        "faiss",
      );
      return (
        reachedTarget === some.some(({ recall }) => recall >= target) && measured.recall >= target === reachedTarget
      );
    }),
  );
});

t.test(
  "candidates suit the vectors: no rotation for products, cells only where there are vectors for them",
  async (t) => {
    const few = candidateFactories({ vectors: 2000, dimensions: 784, metric: "l2" });
    t.same(few, [
      ...["HNSW16,Flat", "HNSW32,Flat", "HNSW32,SQ8", "PCA200,HNSW32,SQ8"],
      ...["PCAR128,IVF16,PQ128x4fs,RFlat", "PCAR128,IVF32,PQ128x4fs,RFlat", "PCAR48,IVF50,SQfp16,RFlat"],
    ]);
    const many = candidateFactories({ vectors: 60_000, dimensions: 784, metric: "cosine" });
    t.same(
      many.slice(3),
      [
        ...["PCA200,HNSW32,SQ8", "IVF1024,Flat", "IVF1024,SQ8"],
        ...["PCAR128,IVF128,PQ128x4fs,RFlat", "PCAR128,IVF256,PQ128x4fs,RFlat"],
      ],
      "graphs of unit vectors are by distance",
    );
    const products = candidateFactories({ vectors: 60_000, dimensions: 784, metric: "ip" });
    t.same(products.slice(3), ["IVF1024,Flat", "IVF1024,SQ8"]);
    t.same(paramsToTry("HNSW32,Flat", 9).at(0), { efSearch: 16 });
    t.same(codedFactory({ vectors: 3068, dimensions: 256, metric: "cosine" }), [
      "PCAR64,IVF32,PQ64x4fs,RFlat",
      "PCAR64,IVF64,PQ64x4fs,RFlat",
    ]);
    t.same(codedFactory({ vectors: 3068, dimensions: 128, metric: "cosine" }), [], "too few values");
    t.same(codedFactory({ vectors: 600, dimensions: 256, metric: "cosine" }), [], "too few vectors for cells");
    t.same(reducedFactory({ vectors: 3068, dimensions: 256, metric: "cosine" }), ["PCAR16,IVF76,SQfp16,RFlat"]);
    t.same(reducedFactory({ vectors: 3068, dimensions: 60, metric: "l2" }), [], "too few values");
    t.same(reducedFactory({ vectors: 600, dimensions: 256, metric: "l2" }), [], "too few vectors for cells");
    t.same(reducedFactory({ vectors: 20_001, dimensions: 256, metric: "l2" }), [], "too many for so few values");
    t.same(reducedFactory({ vectors: 3068, dimensions: 256, metric: "ip" }), []);
    const probes = (factory: string, vectors: number) => paramsToTry(factory, vectors).map(({ nprobe }) => nprobe);
    t.same(probes("IVF4,SQ8", 99), [1, 2, 3]);
    t.same(probes("IVF64,PQ64x4fs,RFlat", 9999).slice(4, 12), [5, 6, 7, 8, 9, 10, 12, 14]);
    t.same(paramsToTry("PQ8", 9), [{}]);
  },
);

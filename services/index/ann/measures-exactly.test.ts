import t from "tap";
import { measuresExactly } from "./measures-exactly.ts";

t.test("whole vectors are compared where nothing shortens them, or where the best are compared again", async (t) => {
  const whole = ["Flat", "HNSW16", "HNSW32,Flat", "IVF256,Flat", "IVF1024_HNSW32,Flat"];
  const again = ["PCAR192,IVF256,PQ192x4fs,RFlat", "IVF64,PQ8,Refine(Flat)", "SQ8,RFlat"];
  const shortened = ["PCA64,Flat", "PCAR64,HNSW16", "HNSW16,SQ8", "IVF256,SQfp16", "PQ8", "IVF64,PQ8,Refine(SQ8)"];
  for (const factory of [...whole, ...again]) t.equal(measuresExactly(factory), true, factory);
  for (const factory of shortened) t.equal(measuresExactly(factory), false, factory);
});

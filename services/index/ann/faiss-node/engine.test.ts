import { testEngine } from "../engine-suite.ts";
import { startFaissNode } from "./engine.ts";

// It searches with FAISS's own efSearch of 16 and nprobe of 1, and cannot be told otherwise.
await testEngine({
  name: "faiss-node",
  start: startFaissNode,
  params: false,
  floors: [
    { factory: "Flat", recall: 1 },
    { factory: "HNSW16,Flat", recall: 0.9 },
    { factory: "HNSW32,SQ8", recall: 0.9 },
    { factory: "IVF64,Flat", recall: 0.3 },
    { factory: "IVF64,PQ16x4fs,RFlat", recall: 0.2 },
  ],
});

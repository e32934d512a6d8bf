import { dashboard } from "./kit/dashboard.ts";
import { contents, replication, searches } from "./rows/faiss.ts";
import { indexProcess } from "./rows/index-process.ts";

/** The three indices: what they hold, how fast they find, how fresh they are. */
export const faissIndices = dashboard({
  uid: "faiss-indices",
  title: "FAISS Indices",
  description:
    "Vectors, memory, health, search times and freshness of clip_fashion, blip_fashion and fashion_specific.",
  refresh: "10s",
  rows: [contents, searches, replication, indexProcess],
});

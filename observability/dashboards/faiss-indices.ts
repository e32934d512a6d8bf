import { dashboard } from "./kit/dashboard.ts";
import { contents, graphs, recall, replication, searches, snapshots } from "./rows/faiss.ts";
import { indexProcess } from "./rows/index-process.ts";

/** The three indices: what they hold, how fast and how well they find, how fresh they are. */
export const faissIndices = dashboard({
  uid: "faiss-indices",
  title: "FAISS Indices",
  description:
    "Vectors, memory, health, search times, recall, graphs, freshness and snapshots of clip_fashion, blip_fashion and fashion_specific.",
  refresh: "10s",
  rows: [contents, searches, recall, graphs, replication, snapshots, indexProcess],
});

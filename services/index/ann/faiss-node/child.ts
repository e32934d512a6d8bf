import { createRequire } from "node:module";
import process from "node:process";
import type { AnnMetric } from "../ann.ts";

// The process in which npm's faiss-node lives. It does what it is asked, one thing after the other and synchronously, as
// the package works; an exception of FAISS ends it, with FAISS's words on stderr. It ends with its parent.

export type ChildTask =
  | { op: "create"; dimensions: number; factory: string; metric: AnnMetric }
  | { op: "train" | "add"; vectors: Float32Array }
  | { op: "search"; vectors: Float32Array; k: number }
  | { op: "read" | "write"; file: string };

export interface ChildReply {
  error?: string;
  trained?: boolean;
  count?: number;
  labels?: Int32Array;
  distances?: Float32Array;
}

/** The part of faiss-node 0.5.1 that is used. */
interface FaissIndex {
  ntotal(): number;
  isTrained(): boolean;
  train(vectors: number[]): void;
  add(vectors: number[]): void;
  search(vectors: number[], k: number): { distances: number[]; labels: number[] };
  write(file: string): void;
}
interface FaissNode {
  Index: {
    fromFactory(dimensions: number, factory: string, metric: number): FaissIndex;
    read(file: string): FaissIndex;
  };
}

const [, , module = ""] = process.argv;
const { Index } = createRequire(import.meta.url)(module) as FaissNode;
let index: FaissIndex;

function run(task: ChildTask): ChildReply {
  switch (task.op) {
    case "create":
      index = Index.fromFactory(task.dimensions, task.factory, task.metric === "ip" ? 0 : 1);
      return { trained: index.isTrained() };
    case "read":
      index = Index.read(task.file);
      return { count: index.ntotal() };
    case "train":
      index.train([...task.vectors]);
      return {};
    case "add":
      index.add([...task.vectors]);
      return { count: index.ntotal() };
    case "search": {
      const { labels, distances } = index.search([...task.vectors], task.k);
      return { labels: Int32Array.from(labels), distances: Float32Array.from(distances) };
    }
    case "write":
      index.write(task.file);
      return {};
  }
}

process.on("message", (task: ChildTask) => {
  let reply: ChildReply;
  try {
    reply = run(task);
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  process.send!(reply);
});
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches the whole group, while the parent still answers.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.send!({});

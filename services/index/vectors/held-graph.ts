import type { AnnGraph } from "../ann/ann.ts";

/** A graph and how many still use it: once it was let go and its last user has left, it is closed. */
export class HeldGraph {
  readonly graph: AnnGraph;
  readonly engine: string;
  /** What was built, in FAISS's words. */
  readonly factory: string;
  #users = 0;
  #letGo = false;
  readonly #closed = Promise.withResolvers<void>();

  constructor(graph: AnnGraph, engine: string, factory: string) {
    this.graph = graph;
    this.engine = engine;
    this.factory = factory;
  }

  /** Keep it open until the returned function is called, once. */
  hold(): () => void {
    this.#users++;
    return () => {
      this.#users--;
      this.#closeUnused();
    };
  }

  /** Use it; it stays open until the use has ended, however it ends. */
  async use<Result>(work: (graph: AnnGraph) => Promise<Result>): Promise<Result> {
    const release = this.hold();
    try {
      return await work(this.graph);
    } finally {
      release();
    }
  }

  /** No new uses; resolves when the memory has been given back. */
  letGo(): Promise<void> {
    this.#letGo = true;
    this.#closeUnused();
    return this.#closed.promise;
  }

  #closeUnused(): void {
    if (this.#letGo && this.#users === 0) this.graph.close().then(this.#closed.resolve, this.#closed.reject);
  }
}

import type { AnnAnswer, AnnGraph, AnnQuery } from "../ann/ann.ts";
import { GatheredSearches } from "./gathered-searches.ts";

/** A graph and how many still use it: once it was let go and its last user has left, it is closed. */
export class HeldGraph {
  readonly graph: AnnGraph;
  readonly engine: string;
  /** What was built, in FAISS's words. */
  readonly factory: string;
  readonly #searches: GatheredSearches;
  #users = 0;
  #letGo = false;
  readonly #closed = Promise.withResolvers<void>();

  constructor(graph: AnnGraph, engine: string, factory: string) {
    this.graph = graph;
    this.#searches = new GatheredSearches(graph, () => this.hold());
    this.engine = engine;
    this.factory = factory;
  }

  /** Rows in the graph. */
  get built(): number {
    return this.graph.count;
  }

  get measuresExactly(): boolean {
    return this.graph.measuresExactly;
  }

  /** Keep it open until the returned function is called, once. */
  hold(): () => void {
    this.#users++;
    return () => {
      this.#users--;
      this.#closeUnused();
    };
  }

  /** Search it, together with others who do so in this turn; it stays open until that has ended, however it ends. */
  search(query: AnnQuery): Promise<AnnAnswer> {
    return this.#searches.ask(query);
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

import { abortable } from "../ann/abortable.ts";
import type { AnnAnswer, AnnGraph, AnnParams, AnnQuery } from "../ann/ann.ts";
import { sameParams } from "../ann/same-params.ts";
import { joined } from "./joined.ts";

/** Vectors that are looked for together at most: more gain little, and all their callers go on in one turn. */
const MOST_VECTORS = 16;

interface Asked {
  query: AnnQuery;
  /** Vectors of the query. */
  count: number;
  resolve(answer: AnnAnswer): void;
  reject(reason: unknown): void;
}

/** What is looked for together. */
interface Group {
  k: number;
  params: AnnParams | undefined;
  count: number;
  asked: Asked[];
}

/**
 * Searches of one graph. Those that are called for in one turn of the event loop, with the same `k` and parameters, become one
 * search at its end: callers of a busy service come several to a turn, and what a search costs beside itself (the way to another
 * thread, code and data that the processor's caches have lost meanwhile) is paid once for all.
 */
export class GatheredSearches {
  readonly #graph: Pick<AnnGraph, "dimensions" | "search">;
  #groups: Group[] = [];

  constructor(graph: Pick<AnnGraph, "dimensions" | "search">) {
    this.#graph = graph;
  }

  /** As the graph's own `search`, which it is to those who ask alone. */
  ask(query: AnnQuery): Promise<AnnAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<AnnAnswer>();
    if (this.#groups.length === 0) setImmediate(this.#begin);
    const count = query.vectors.length / this.#graph.dimensions;
    const group = this.#groupFor(query, count);
    group.asked.push({ query, count, resolve, reject });
    group.count += count;
    return promise;
  }

  #groupFor({ k, params }: AnnQuery, count: number): Group {
    const found = this.#groups.find(
      (group) => group.k === k && sameParams(group.params, params) && group.count + count <= MOST_VECTORS,
    );
    if (found) return found;
    const group: Group = { k, params, count: 0, asked: [] };
    this.#groups.push(group);
    return group;
  }

  readonly #begin = (): void => {
    const groups = this.#groups;
    this.#groups = [];
    for (const { asked } of groups) void this.#search(asked.filter(isStillThere));
  };

  async #search(asked: readonly Asked[]): Promise<void> {
    const [first] = asked;
    if (!first) return;
    if (asked.length === 1) {
      this.#graph.search(first.query).then(first.resolve, first.reject);
      return;
    }
    // Without a signal: who goes ends nobody else's search.
    const { k, params } = first.query;
    const vectors = joined(asked.map(({ query }) => query.vectors));
    const search = this.#graph.search({ vectors, k, ...(params && { params }) });
    // Most have their answers before that, and listening costs more than what else is done for them here.
    const listening = setImmediate(() => {
      for (const one of asked) abortable(search, one.query.signal).catch(one.reject);
    });
    try {
      share(await search, asked, k);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    } finally {
      clearImmediate(listening);
    }
  }
}

/** Who has gone meanwhile is told so. */
function isStillThere({ query: { signal }, reject }: Asked): boolean {
  if (signal?.aborted) reject(signal.reason);
  return !signal?.aborted;
}

/** To each its part. */
function share({ labels, scores, workUs }: AnnAnswer, asked: readonly Asked[], k: number): void {
  const all = labels.length / k;
  let first = 0;
  for (const { count, resolve } of asked) {
    const [from, to] = [first * k, (first + count) * k];
    resolve({
      labels: labels.subarray(from, to),
      scores: scores.subarray(from, to),
      workUs: workUs === undefined ? undefined : (workUs * count) / all,
    });
    first += count;
  }
}

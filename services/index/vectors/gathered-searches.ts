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
  /** Called when its search has ended. */
  release: () => void;
}

/**
 * Searches of one graph. Those that are called for in one turn of the event loop, with the same `k` and parameters, become one
 * search at its end: callers of a busy service come several to a turn, and what a search costs beside itself (the way to another
 * thread, code and data that the processor's caches have lost meanwhile) is paid once for all.
 */
export class GatheredSearches {
  readonly #graph: Pick<AnnGraph, "dimensions" | "search">;
  readonly #hold: () => () => void;
  #groups: Group[] = [];

  /** @param hold keeps the graph open, from when somebody asks until the returned function is called */
  constructor(graph: Pick<AnnGraph, "dimensions" | "search">, hold: () => () => void) {
    this.#graph = graph;
    this.#hold = hold;
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
    const group: Group = { k, params, count: 0, asked: [], release: this.#hold() };
    this.#groups.push(group);
    return group;
  }

  readonly #begin = (): void => {
    const groups = this.#groups;
    this.#groups = [];
    for (const group of groups) void this.#search(group);
  };

  async #search({ asked: all, k, params, release }: Group): Promise<void> {
    const asked = all.filter(isStillThere);
    try {
      if (asked.length === 1) asked[0]!.resolve(await this.#graph.search(asked[0]!.query));
      else if (asked.length > 1) share(await this.#together(asked, { k, params }), asked, k);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    } finally {
      release();
    }
  }

  /** Without a signal: who goes ends nobody else's search. */
  async #together(asked: readonly Asked[], how: Pick<AnnQuery, "k" | "params">): Promise<AnnAnswer> {
    const search = this.#graph.search({ vectors: joined(asked.map(({ query }) => query.vectors)), ...how });
    // Most have their answers before that, and listening costs more than what else is done for them here.
    const listening = setImmediate(() => {
      for (const one of asked) abortable(search, one.query.signal).catch(one.reject);
    });
    try {
      return await search;
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

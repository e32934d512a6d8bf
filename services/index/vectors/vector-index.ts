import type { AnnBuild } from "../ann/ann.ts";
import type { Scanner } from "../kernel/scan.ts";
import { neighboursOf, scanBlocks } from "./answer.ts";
import type { Attributes } from "./attributes.ts";
import { type Costing, CostModel } from "./cost-model.ts";
import { askGraph, rankFound } from "./graph-search.ts";
import { HeldGraph } from "./held-graph.ts";
import { joined } from "./joined.ts";
import { graphMetric, scanMetric } from "./metrics.ts";
import { type Decision, plan } from "./planner.ts";
import { Rebuilder } from "./rebuilder.ts";
import { rowReader } from "./row-reader.ts";
import { type Cut, RowSet } from "./row-set.ts";
import { type Selection, select } from "./selection.ts";
import { Selections } from "./selections.ts";
import { Sketching } from "./sketching.ts";
import { Trial } from "./trial.ts";
import type {
  GraphOptions,
  Neighbour,
  RebuildSettings,
  RebuildState,
  VectorAnswer,
  VectorEvent,
  VectorMemory,
  VectorMetric,
  VectorSearch,
} from "./types.ts";

type SearchOptions = Omit<VectorSearch, "vector">;

export interface VectorIndexOptions {
  dimensions: number;
  /** Default `cosine`. */
  metric?: VectorMetric;
  /** Compares vectors: the kernel's pool. Not closed with the index. */
  scanner: Omit<Scanner, "close">;
  /** Default: no graph, every search is exact. */
  graph?: GraphOptions;
  rebuild?: Partial<RebuildSettings>;
  /** Told of rebuilds and of graphs that failed. */
  onEvent?: (event: VectorEvent) => void;
  /** Rows in a block; default: as they come, up to 256 MiB. */
  blockRows?: number;
  /** Default: measured while searching. */
  costs?: Costing;
  /** Default `performance.now`. */
  nowMs?: () => number;
  /** Rows and graph of a snapshot. */
  restored?: { rows: RowSet; graph?: HeldGraph };
}

/**
 * The vectors of one model and their nearest neighbours: numbered rows, the columns beside them, and one graph derived from them.
 *
 * `add` and `remove` take effect at once. A `search` answers from the rows as they were when it was called, whatever
 * happens meanwhile; so searches started in one turn see one state. Rows and graph are made anew beside all this.
 */
export class VectorIndex {
  readonly dimensions: number;
  readonly metric: VectorMetric;
  readonly #scanner: Omit<Scanner, "close">;
  readonly #graphOptions: GraphOptions | undefined;
  readonly #costs: Costing;
  readonly #nowMs: () => number;
  readonly #onEvent: (event: VectorEvent) => void;
  readonly #rebuilder: Rebuilder;
  readonly #selections = new Selections();
  readonly #sketching = new Sketching(() => this.#rows);
  #rows: RowSet;
  #graph: HeldGraph | undefined;

  constructor({
    dimensions,
    metric = "cosine",
    scanner,
    graph,
    rebuild = {},
    onEvent = () => {},
    blockRows,
    costs = new CostModel(dimensions),
    nowMs = () => performance.now(),
    restored,
  }: VectorIndexOptions) {
    this.dimensions = dimensions;
    this.metric = metric;
    this.#scanner = scanner;
    this.#graphOptions = graph;
    this.#onEvent = onEvent;
    this.#nowMs = nowMs;
    this.#costs = costs;
    this.#rows = restored?.rows ?? new RowSet({ dimensions, blockRows });
    this.#graph = restored?.graph;
    this.#rebuilder = new Rebuilder({
      metric,
      graph,
      settings: rebuild,
      blockRows,
      nowMs,
      onEvent,
      current: () => ({ rows: this.#rows, graph: this.#graph }),
      replace: (rows, held) => this.#replace(rows, held),
    });
    // Not before its owner could pause it.
    queueMicrotask(() => {
      this.#rebuilder.check();
      this.#sketching.check();
    });
  }

  /** What answers searches at best: "flat" or the graph's engine. */
  get name(): string {
    return this.#graph?.engine ?? "flat";
  }

  /** What was built, in FAISS's words; undefined without a graph. */
  get factory(): string | undefined {
    return this.#graph?.factory;
  }

  /** Items that can be found. */
  get count(): number {
    return this.#rows.live;
  }

  /** Rows that are dead but still hold their memory. */
  get tombstones(): number {
    return this.#rows.dead;
  }

  /** Rows in the graph, dead ones included. */
  get graphRows(): number {
    return this.#graph?.built ?? 0;
  }

  /** Bytes of the vectors that can be found. */
  get sizeBytes(): number {
    return this.count * this.dimensions * Float32Array.BYTES_PER_ELEMENT;
  }

  get memoryBytes(): number {
    return this.memory.total;
  }

  get memory(): VectorMemory {
    const sum = { vectors: 0, columns: 0, ids: 0 };
    for (const block of this.#rows.blocks) {
      sum.vectors += block.vectorBytes;
      sum.columns += block.columnBytes;
      sum.ids += block.idBytes;
    }
    const postings = this.#rows.postings.memoryBytes + this.#selections.memoryBytes;
    const graph = this.#graph?.graph.memoryBytes ?? 0;
    return { ...sum, postings, graph, total: sum.vectors + sum.columns + sum.ids + postings + graph };
  }

  get rebuildState(): RebuildState {
    return this.#rebuilder.state;
  }

  /**
   * Add an item that is not there; its vector is copied.
   * @throws RangeError if the item is there, or the vector has another length
   */
  add(item: Attributes, vector: Float32Array): void {
    const row = this.#rows.add(item, vector);
    this.#rebuilder.added(row);
    this.#sketching.check();
  }

  /** Remove an item; false if it was not there. */
  remove(itemId: string): boolean {
    if (this.#rows.remove(itemId) === undefined) return false;
    this.#rebuilder.removed(itemId);
    return true;
  }

  has(itemId: string): boolean {
    return this.#rows.rowOf(itemId) !== undefined;
  }

  /** What is beside an item's vector. */
  attributes(itemId: string): Attributes | undefined {
    const row = this.#rows.rowOf(itemId);
    if (row === undefined) return undefined;
    const block = this.#rows.blockOf(row);
    return block.attributes(row - block.first);
  }

  /** A copy of an item's vector. */
  vector(itemId: string): Float32Array | undefined {
    const row = this.#rows.rowOf(itemId);
    if (row === undefined) return undefined;
    const block = this.#rows.blockOf(row);
    return block.rows.get(row - block.first).slice();
  }

  /**
   * The `k` nearest, best first; equal scores by item id.
   * @throws {RangeError} a vector of another length, or `k` below 1
   */
  async search({ vector, ...options }: VectorSearch): Promise<VectorAnswer> {
    const [answer] = await this.searchAll([vector], options);
    return answer!;
  }

  /**
   * The answer to each of several vectors, 1 or more, all from one state and by one plan; compared together, they cost less than one by one.
   * @throws {RangeError} a vector of another length, or `k` below 1
   */
  async searchAll(vectors: readonly Float32Array[], search: SearchOptions): Promise<VectorAnswer[]> {
    // Up to the first await: the state that the whole search sees.
    const { k, signal } = search;
    const other = vectors.find(({ length }) => length !== this.dimensions);
    if (other) throw new RangeError(`expected ${this.dimensions} dimensions, got ${other.length}`);
    if (!Number.isInteger(k) || k < 1) throw new RangeError(`expected k of 1 or more, got ${k}`);
    signal?.throwIfAborted();
    const cut = this.#rows.cut();
    const selection = this.#selections.select(this.#rows, cut, search.filter);
    const graph = this.#graph;
    const chosen = this.#decide(search, cut, selection, graph);
    if (chosen.kind === "empty") return vectors.map(() => ({ neighbours: [], plan: chosen }));
    if (chosen.kind !== "graph" || !graph) {
      const found = await this.#scan(vectors, search, cut, selection);
      return found.map((neighbours) => ({ neighbours, plan: chosen }));
    }
    const found = await this.#searchGraph(vectors, search, cut, selection, graph, chosen);
    const missed = vectors.filter((_, at) => !found[at]);
    const scanned = missed.length > 0 ? await this.#scan(missed, search, cut, selection) : [];
    const reason = `the graph did not give ${k} neighbours: scanned instead`;
    const kind = search.filter ? "exact-rows" : "exact-all";
    return found.map((neighbours) =>
      neighbours
        ? { neighbours, plan: chosen }
        : { neighbours: scanned.shift()!, plan: { ...chosen, kind, engine: "flat", reason } },
    );
  }

  /** The plan of a search without carrying it out. */
  explain(search: VectorSearch): Decision {
    const cut = this.#rows.cut();
    return this.#decide(search, cut, this.#selections.select(this.#rows, cut, search.filter), this.#graph);
  }

  /**
   * Build another graph over the rows as they are, to be measured; it serves nobody. To be closed.
   * @throws {TypeError} there is no graph engine
   * @throws {AnnError} the engine refuses the factory string
   */
  async tryGraph(factory: string, options: Pick<AnnBuild, "signal" | "onProgress"> = {}): Promise<Trial> {
    const { engine } = this.#graphOptions ?? {};
    if (!engine) throw new TypeError("expected a graph engine, there is none");
    const rows = this.#rows;
    const cut = rows.cut();
    const { dimensions } = this;
    const metric = graphMetric(this.metric);
    const built = { dimensions, metric, factory, count: cut.rows, rows: rowReader(rows), ...options } as const;
    const held = new HeldGraph(await engine.build(built), engine.name, factory);
    return new Trial({ cut, selection: select(rows, cut), held, scanner: this.#scanner, metric: this.metric });
  }

  /** Make rows and graph anew, now; resolves when they serve. One that is under way is waited for first. */
  rebuild(): Promise<void> {
    return this.#rebuilder.rebuild();
  }

  /** Start no rebuild by itself (while loading) until the returned function is called. */
  pauseRebuilds(): () => void {
    return this.#rebuilder.pause();
  }

  /** Resolves when no rebuild is under way, and no rows are being sketched. */
  async settled(): Promise<void> {
    await Promise.all([this.#rebuilder.settled(), this.#sketching.settled()]);
  }

  /** Rows and graph as they are now, for a snapshot. Call `release` when done with the graph. */
  holdCut(): { cut: Cut; graph: HeldGraph | undefined; release: () => void } {
    const graph = this.#graph;
    return { cut: this.#rows.cut(), graph, release: graph?.hold() ?? (() => {}) };
  }

  /** Stop what is under way and give the graph's memory back; searches under way end first. */
  async close(): Promise<void> {
    await Promise.all([this.#rebuilder.close(), this.#sketching.close()]);
    const graph = this.#graph;
    this.#graph = undefined;
    await graph?.letGo();
  }

  #decide(search: SearchOptions, cut: Cut, selection: Selection, graph: HeldGraph | undefined): Decision {
    return plan({
      rows: cut.rows,
      live: cut.live,
      candidates: selection.count,
      filtered: search.filter !== undefined && selection.count < cut.live,
      k: search.k,
      exact: search.exact ?? false,
      efSearch: search.params?.efSearch ?? this.#graphOptions?.params?.efSearch,
      preferGraph: this.#graphOptions?.prefer ?? false,
      graph: graph ?? { none: this.#rebuilder.whyNoGraph() },
      costs: this.#costs,
    });
  }

  async #scan(vectors: readonly Float32Array[], search: SearchOptions, cut: Cut, selection: Selection) {
    const { k, minScore, signal } = search;
    // Of a bitmap with few rows only those are compared.
    const scattered = selection.kind === "list" || selection.count * 2 < cut.rows;
    const found = await this.#scanner.scan({
      blocks: scanBlocks(cut, selection),
      queries: joined(vectors),
      k,
      metric: scanMetric(this.metric),
      minScore,
      signal,
      onWork: (us) => this.#costs.observeScan(scattered ? selection.count : cut.rows, us / vectors.length, scattered),
    });
    return found.map((one) => neighboursOf(cut, one, k, this.metric));
  }

  /** By vector; undefined: the graph gave too few, or it failed. */
  async #searchGraph(
    vectors: readonly Float32Array[],
    search: SearchOptions,
    cut: Cut,
    selection: Selection,
    held: HeldGraph,
    { fetch, kept }: Pick<Decision, "fetch" | "kept">,
  ): Promise<(Neighbour[] | undefined)[]> {
    const { k, minScore, signal } = search;
    const began = this.#nowMs();
    const params = search.params ?? this.#graphOptions?.params;
    const among = { cut, selection, held, scanner: this.#scanner, metric: this.metric };
    let asked: Awaited<ReturnType<typeof askGraph>>;
    try {
      asked = await askGraph(among, { vectors, k: fetch, params, signal });
    } catch (cause) {
      signal?.throwIfAborted();
      const error = cause instanceof Error ? cause : new Error(String(cause));
      this.#onEvent({ kind: "graph-failed", error });
      this.#rebuilder.graphFailed(held, error);
      return vectors.map(() => undefined);
    }
    const { found, workUs = (this.#nowMs() - began) * 1000 } = asked;
    this.#costs.observeGraph(kept, workUs / vectors.length);
    return await rankFound(among, found, { vectors, k, minScore, signal });
  }

  #replace(rows: RowSet, held: HeldGraph | undefined): void {
    const before = this.#graph;
    this.#rows = rows;
    this.#graph = held;
    this.#sketching.check();
    this.#costs.forgetGraph();
    if (before && before !== held) {
      before.letGo().catch((error: Error) => this.#onEvent({ kind: "graph-failed", error }));
    }
  }
}

import { setImmediate as nextTurn } from "node:timers/promises";
import { BestRows } from "./best-rows.ts";
import type { Found, Slice, SliceRows } from "./kernel.ts";
import type { ScanBlock, ScanRequest, ScanResult } from "./scan.ts";
import { estimateUs, piecesOf, queriesPerSlice, rowsOf, rowsPerSlice } from "./slices.ts";
import { TURN_MS } from "./turn.ts";

/** A slice is tried this often before its scan fails: the thread may have died of something else. */
const MAX_ATTEMPTS = 3;
/** A slice lasts about this long: long beside the way to a thread and back, short beside what another scan would wait. */
const MAX_SLICE_US = 500;
const MIN_SLICE_US = 100;

/** A slice under way, and what is needed to do something with its answer. */
export interface Task {
  job: ScanJob;
  slice: Slice;
  /** The first query of the slice among those of the scan. */
  firstQuery: number;
  base: number;
  attempts: number;
}

/** Some of a scan's queries, those that a slice takes. */
interface Tile {
  id: number;
  firstQuery: number;
  count: number;
  /** In shared memory when several slices need them, so that threads read them from there. */
  values: Float32Array;
}

let lastQueriesId = 0;

/** One scan: hands out its slices, one after another, and gathers what they find. */
export class ScanJob {
  readonly result: Promise<ScanResult[]>;
  /** About how long one thread needs for all of it. */
  readonly estimatedUs: number;
  readonly #request: ScanRequest;
  readonly #nowMs: () => number;
  readonly #best: BestRows[];
  readonly #tasks: Generator<Task, undefined>;
  #ahead: Task | undefined;
  readonly #retries: Task[] = [];
  readonly #settle: PromiseWithResolvers<ScanResult[]>;
  readonly #onAbort = () => this.fail(this.#request.signal?.reason);
  #underWay = 0;
  #workUs = 0;
  #exhausted = false;
  #finishing = false;
  #settled = false;

  /** @throws RangeError if the request does not fit together; what its signal was aborted with. */
  constructor(request: ScanRequest, { threads, nowMs }: { threads: number; nowMs: () => number }) {
    check(request);
    request.signal?.throwIfAborted();
    this.#request = request;
    this.#nowMs = nowMs;
    this.#settle = Promise.withResolvers();
    this.result = this.#settle.promise;
    const { queries, blocks, k, minScore } = request;
    const { dimensions = 1, stride = 1 } = blocks[0]?.rows ?? {};
    const count = blocks.length === 0 ? 0 : queries.length / dimensions;
    const rows = blocks.reduce((sum, block) => sum + rowsOf(block), 0);
    this.estimatedUs = estimateUs(rows, stride, count);
    this.#best = Array.from({ length: count }, () => new BestRows(k, minScore));
    const us = Math.min(MAX_SLICE_US, Math.max(MIN_SLICE_US, this.estimatedUs / Math.max(1, threads)));
    const tiles = tilesOf(queries, { dimensions, stride, count, shared: this.estimatedUs > us });
    this.#tasks = this.#plan(tiles, rowsPerSlice(us, stride, tiles[0]?.count ?? 1));
    request.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Whether there is nothing left to run. */
  get over(): boolean {
    return this.#settled || this.#finishing;
  }

  /** The next slice to run; none when all are under way or done. */
  next(): Task | undefined {
    if (this.over) return undefined;
    try {
      const task = this.#retries.pop() ?? this.#take();
      if (!task) return undefined;
      this.#underWay++;
      for (let query = 0; query < task.slice.thresholds.length; query++) {
        task.slice.thresholds[query] = this.#best[task.firstQuery + query]!.threshold;
      }
      return task;
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  /** What a slice has found. */
  done({ firstQuery, base }: Task, { counts, rows, scores, us }: Found): void {
    this.#underWay--;
    this.#workUs += us;
    if (this.#settled) return;
    let at = 0;
    for (const [query, count] of counts.entries()) {
      const best = this.#best[firstQuery + query]!;
      for (const end = at + count; at < end; at++) best.offer(rows[at]! + base, scores[at]!);
    }
    if (this.#underWay === 0 && this.#retries.length === 0 && this.#exhausted) void this.#finish();
  }

  /** The thread that ran a slice has died: it is handed out again, but not for ever. */
  lost(task: Task, cause: unknown): void {
    this.#underWay--;
    if (++task.attempts < MAX_ATTEMPTS) this.#retries.push(task);
    else this.fail(new Error(`a scan has ended ${task.attempts} threads that ran it`, { cause }));
  }

  fail(reason: unknown): void {
    if (!this.#end()) return;
    this.#settle.reject(reason);
  }

  /** Whether it is this call that ends the scan. */
  #end(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
    return true;
  }

  /** Looks one task ahead, so that the last one is known when it comes back. */
  #take(): Task | undefined {
    const task = this.#ahead ?? this.#tasks.next().value;
    this.#ahead = this.#tasks.next().value;
    this.#exhausted = this.#ahead === undefined;
    if (!task && this.#underWay === 0) void this.#finish();
    return task;
  }

  *#plan(tiles: Tile[], size: number): Generator<Task, undefined> {
    let base = 0;
    for (const block of this.#request.blocks) {
      const first = block.base ?? base;
      base += block.rows.capacity;
      for (const rows of piecesOf(block, size)) {
        for (const tile of tiles) yield this.#task(block, rows, tile, first);
      }
    }
  }

  #task({ rows: { id, memory, codes, stride } }: ScanBlock, rows: SliceRows, tile: Tile, base: number): Task {
    const { metric, k } = this.#request;
    const thresholds = new Float32Array(tile.count);
    const block = { id, memory, codes, stride };
    const slice = { block, metric, k, queriesId: tile.id, queries: tile.values, thresholds, rows };
    return { job: this, slice, firstQuery: tile.firstQuery, base, attempts: 0 };
  }

  /** Sorting thousands of answers takes long enough to give way in between. */
  async #finish(): Promise<void> {
    if (this.#finishing) return;
    this.#finishing = true;
    const results: ScanResult[] = [];
    let began = this.#nowMs();
    for (const best of this.#best) {
      results.push(best.take());
      if (this.#nowMs() - began < TURN_MS) continue;
      await nextTurn();
      began = this.#nowMs();
    }
    if (!this.#end()) return;
    this.#request.onWork?.(this.#workUs);
    this.#settle.resolve(results);
  }
}

interface TileOptions {
  dimensions: number;
  stride: number;
  /** Queries. */
  count: number;
  shared: boolean;
}

function tilesOf(queries: Float32Array, { dimensions, stride, count, shared }: TileOptions): Tile[] {
  const size = queriesPerSlice(stride);
  const tiles: Tile[] = [];
  for (let firstQuery = 0; firstQuery < count; firstQuery += size) {
    const taken = Math.min(size, count - firstQuery);
    const bytes = taken * stride * Float32Array.BYTES_PER_ELEMENT;
    const values = new Float32Array(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
    for (let n = 0; n < taken; n++) {
      const from = (firstQuery + n) * dimensions;
      values.set(queries.subarray(from, from + dimensions), n * stride);
    }
    tiles.push({ id: ++lastQueriesId, firstQuery, count: taken, values });
  }
  return tiles;
}

function check({ blocks, queries, k }: ScanRequest): void {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`expected k of 1 or more, got ${k}`);
  const dimensions = blocks[0]?.rows.dimensions ?? 1;
  if (queries.length % dimensions !== 0) {
    throw new RangeError(`expected queries of ${dimensions} dimensions, got ${queries.length} values`);
  }
  for (const { rows, count, first = 0, accepted, list } of blocks) {
    if (rows.dimensions !== dimensions) {
      throw new RangeError(`expected blocks of ${dimensions} dimensions, got one of ${rows.dimensions}`);
    }
    if (!Number.isInteger(count) || count < 0 || count > rows.capacity) {
      throw new RangeError(`expected a count of 0 to ${rows.capacity}, got ${count}`);
    }
    if (!Number.isInteger(first) || first < 0 || first > count) {
      throw new RangeError(`expected a first row of 0 to ${count}, got ${first}`);
    }
    if (list && first > 0) throw new RangeError("expected a first row or a list of rows, got both");
    if (accepted && list) throw new RangeError("expected a bitmap or a list of rows, got both");
    if (accepted && accepted.length * 8 < count) {
      throw new RangeError(`expected a bitmap of ${count} bits or more, got ${accepted.length * 8}`);
    }
  }
}

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Turn } from "../turn.ts";
import { BestRows } from "./best-rows.ts";
import type { Found, Slice, SliceRows } from "./kernel.ts";
import type { ScanBlock, ScanRequest, ScanResult } from "./scan.ts";
import { numbered, type ScanSize, type Tile, tilesOf } from "./scan-size.ts";
import { piecesOf, rowsPerSlice } from "./slices.ts";

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

/** One scan: hands out its slices, one after another, and gathers what they find. */
export class ScanJob {
  readonly result: Promise<ScanResult[]>;
  readonly #request: ScanRequest;
  readonly #turn: Pick<Turn, "over">;
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

  constructor(request: ScanRequest, size: ScanSize, { threads, turn }: { threads: number; turn: Pick<Turn, "over"> }) {
    this.#request = request;
    this.#turn = turn;
    this.#settle = Promise.withResolvers();
    this.result = this.#settle.promise;
    const { queries, rows, estimatedUs } = size;
    this.#best = Array.from({ length: queries }, () => new BestRows(request.k, request.minScore));
    const us = Math.min(MAX_SLICE_US, Math.max(MIN_SLICE_US, estimatedUs / Math.max(1, threads)));
    const tiles = tilesOf(request, size, { shared: true });
    this.#tasks = this.#plan(tiles, rowsPerSlice(us, rows, estimatedUs / tiles.length));
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

  *#plan(tiles: readonly Tile[], size: number): Generator<Task, undefined> {
    for (const { block, base } of numbered(this.#request.blocks)) {
      for (const rows of piecesOf(block, size)) {
        for (const tile of tiles) yield this.#task(block, rows, tile, base);
      }
    }
  }

  #task({ rows: { handle } }: ScanBlock, rows: SliceRows, tile: Tile, base: number): Task {
    const { metric, k } = this.#request;
    const thresholds = new Float32Array(tile.count);
    const slice = { block: handle, metric, k, queriesId: tile.id, queries: tile.values, thresholds, rows };
    return { job: this, slice, firstQuery: tile.firstQuery, base, attempts: 0 };
  }

  /** Sorting thousands of answers takes long enough to give way in between. */
  async #finish(): Promise<void> {
    if (this.#finishing) return;
    this.#finishing = true;
    const results: ScanResult[] = [];
    for (const best of this.#best) {
      results.push(best.take());
      if (this.#turn.over) await nextTurn();
    }
    if (!this.#end()) return;
    this.#request.onWork?.(this.#workUs);
    this.#settle.resolve(results);
  }
}

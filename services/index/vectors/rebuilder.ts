import { setImmediate as nextTurn } from "node:timers/promises";
import { HeldGraph } from "./held-graph.ts";
import { graphMetric } from "./metrics.ts";
import { Move } from "./move.ts";
import { rowReader } from "./row-reader.ts";
import type { RowSet } from "./row-set.ts";
import type { GraphOptions, RebuildSettings, RebuildState, VectorEvent, VectorMetric } from "./types.ts";

export const DEFAULT_REBUILD: RebuildSettings = {
  minGraphRows: 20_000,
  maxNewShare: 0.1,
  quietNewShare: 0.01,
  quietMs: 10_000,
  maxDeadShare: 0.25,
  minDeadRows: 1_000,
  backoffMs: 1_000,
  maxBackoffMs: 300_000,
};
/**
 * After a rebuild at least so many times its duration pass before the next one begins by itself: it must not become all
 * that is done.
 */
const REST = 3;
/** But once more than this share of the rows is newer than the graph, only so many times: scanning them costs more than building. */
const MOST_NEW_SHARE = 0.25;
const SHORT_REST = 1;

export interface RebuilderOptions {
  metric: VectorMetric;
  graph?: GraphOptions;
  settings?: Partial<RebuildSettings>;
  blockRows?: number;
  nowMs: () => number;
  onEvent: (event: VectorEvent) => void;
  /** What serves now. */
  current: () => { rows: RowSet; graph: HeldGraph | undefined };
  /** Serve these instead, from one turn to the next. */
  replace: (rows: RowSet, graph: HeldGraph | undefined) => void;
  /** Call back once after so many milliseconds, unless cancelled. Default `setTimeout` that keeps no process alive. */
  setTimer?: (callback: () => void, ms: number) => () => void;
}

/**
 * Makes rows and graph anew beside serving: moves live rows together when too many are dead, builds the graph again when
 * too many rows are newer than it, or a few and nothing was written for a while. What is old serves until the new is whole;
 * after a failure it goes on serving, and the next try comes after a while.
 */
export class Rebuilder {
  readonly #options: RebuilderOptions;
  readonly #settings: RebuildSettings;
  readonly #setTimer: NonNullable<RebuilderOptions["setTimer"]>;
  readonly #closing = new AbortController();
  #state: RebuildState = { phase: "idle", done: 0, total: 0, completed: 0, failures: 0, lastError: undefined };
  #running: Promise<Error | undefined> | undefined;
  #move: Move | undefined;
  #pauses = 0;
  /** After a failure, rebuilds by itself wait until then. */
  #retryAt = Number.NEGATIVE_INFINITY;
  /** The last rebuild that succeeded. */
  #last: { endedMs: number; tookMs: number } | undefined;
  #changedMs = Number.NEGATIVE_INFINITY;
  #timer: { dueMs: number; cancel: () => void } | undefined;

  constructor(options: RebuilderOptions) {
    this.#options = options;
    this.#settings = { ...DEFAULT_REBUILD, ...options.settings };
    this.#setTimer = options.setTimer ?? timer;
  }

  get state(): RebuildState {
    const waiting = this.#state.phase === "idle" && this.#state.failures > 0;
    return { ...this.#state, phase: waiting ? "waiting" : this.#state.phase };
  }

  /** A row was appended. */
  added(row: number): void {
    this.#move?.added(row);
    this.#changed();
  }

  /** An item's row died. */
  removed(itemId: string): void {
    this.#move?.removed(itemId);
    this.#changed();
  }

  /** The graph that serves is broken: go on without it, and build another one after a while. */
  graphFailed(failed: HeldGraph, error: Error): void {
    const { rows, graph } = this.#options.current();
    if (graph !== failed) return;
    this.#options.replace(rows, undefined);
    this.#failed(error);
    this.check();
  }

  /** Begin a rebuild if one is due, or see to it that it is looked at when it will be. */
  check(): void {
    if (this.#running || this.#pauses > 0 || this.#closing.signal.aborted) return;
    const dueMs = this.#dueMs();
    if (dueMs === undefined) return;
    const waitMs = dueMs - this.#options.nowMs();
    if (waitMs <= 0) {
      this.#start(false);
      return;
    }
    // A timer that comes too early looks again: so a stream of writes does not set one each.
    if (this.#timer && this.#timer.dueMs <= dueMs) return;
    this.#timer?.cancel();
    const cancel = this.#setTimer(() => {
      this.#timer = undefined;
      this.check();
    }, waitMs);
    this.#timer = { dueMs, cancel };
  }

  /** Rebuild now, whatever is due. */
  async rebuild(): Promise<void> {
    // Not settled(): between its end and ours another one could begin.
    while (this.#running) await this.#running;
    this.#closing.signal.throwIfAborted();
    const error = await this.#start(true);
    if (error) throw error;
  }

  pause(): () => void {
    this.#pauses++;
    let paused = true;
    return () => {
      if (!paused) return;
      paused = false;
      this.#pauses--;
      this.check();
    };
  }

  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("the index was closed"));
    this.#timer?.cancel();
    await this.settled();
  }

  /** Why searches have no graph, for a plan. */
  whyNoGraph(): string {
    const { graph } = this.#options;
    if (!graph) return "there is no graph engine: all searches are scans";
    const { live } = this.#options.current().rows;
    const { minGraphRows } = this.#settings;
    if (live < minGraphRows) return `${live} rows are fewer than the ${minGraphRows} from which on a graph is built`;
    return "the graph is not built yet";
  }

  #changed(): void {
    this.#changedMs = this.#options.nowMs();
    this.check();
  }

  /** When a rebuild should begin, if nothing changes any more; undefined: none is needed. */
  #dueMs(): number | undefined {
    if (this.#crowded()) return this.#rested(REST);
    const { rows, graph } = this.#options.current();
    const { minGraphRows, maxNewShare, quietNewShare, quietMs } = this.#settings;
    if (!this.#options.graph || rows.live < minGraphRows) return undefined;
    if (!graph) return this.#rested(REST);
    const fresh = rows.rows - graph.built;
    if (fresh > rows.rows * maxNewShare) {
      return this.#rested(fresh > rows.rows * Math.max(MOST_NEW_SHARE, maxNewShare) ? SHORT_REST : REST);
    }
    return fresh > rows.rows * quietNewShare ? Math.max(this.#changedMs + quietMs, this.#rested(REST)) : undefined;
  }

  /** When the last rebuild has been followed by so many times its duration of rest, and a failure by its wait. */
  #rested(times: number): number {
    const rested = this.#last ? this.#last.endedMs + times * this.#last.tookMs : Number.NEGATIVE_INFINITY;
    return Math.max(this.#retryAt, rested);
  }

  #crowded(): boolean {
    const { rows } = this.#options.current();
    return rows.dead > 0 && rows.dead >= Math.max(this.#settings.minDeadRows, rows.rows * this.#settings.maxDeadShare);
  }

  #start(forced: boolean): Promise<Error | undefined> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const began = this.#options.nowMs();
    const running = this.#run(forced, began).then(
      () => {
        this.#state = { ...this.#state, completed: this.#state.completed + 1, failures: 0, lastError: undefined };
        const endedMs = this.#options.nowMs();
        this.#retryAt = Number.NEGATIVE_INFINITY;
        this.#last = { endedMs, tookMs: endedMs - began };
        return undefined;
      },
      (cause: unknown) => {
        const error = cause instanceof Error ? cause : new Error(String(cause));
        if (!this.#closing.signal.aborted) this.#failed(error);
        return error;
      },
    );
    this.#running = running.finally(() => {
      this.#running = undefined;
      this.#state = { ...this.#state, phase: "idle", done: 0, total: 0 };
      this.check();
    });
    return this.#running;
  }

  #failed(error: Error): void {
    const failures = this.#state.failures + 1;
    const { backoffMs, maxBackoffMs } = this.#settings;
    const retryInMs = Math.min(maxBackoffMs, backoffMs * 2 ** (failures - 1));
    this.#state = { ...this.#state, failures, lastError: error.message };
    this.#last = undefined;
    this.#retryAt = this.#options.nowMs() + retryInMs;
    this.#options.onEvent({ kind: "rebuild-failed", error, failures, retryInMs });
  }

  async #run(forced: boolean, began: number): Promise<void> {
    const { signal } = this.#closing;
    await nextTurn(); // the change that made it due is finished first
    signal.throwIfAborted();
    const { rows: old } = this.#options.current();
    const compacted = old.dead > 0 && (forced || this.#crowded());
    let built: HeldGraph | undefined;
    try {
      const move = compacted ? new Move(old, this.#options.blockRows) : undefined;
      this.#move = move;
      if (move) {
        this.#state = { ...this.#state, phase: "copying" };
        await move.copy(this.#progress, signal);
      }
      const rows = move?.fresh ?? old;
      if (this.#options.graph && rows.live >= this.#settings.minGraphRows) {
        built = await this.#build(this.#options.graph, rows, signal);
      }
      this.#state = { ...this.#state, phase: "swapping" };
      await move?.catchUp(signal);
      // In one turn, so that no change falls between the two.
      move?.finish();
      this.#options.replace(rows, built);
    } catch (error) {
      await built?.letGo();
      throw error;
    } finally {
      this.#move = undefined;
    }
    const ms = this.#options.nowMs() - began;
    this.#options.onEvent({ kind: "rebuilt", rows: old.rows, graph: built?.factory, compacted, ms });
  }

  async #build({ engine, factory }: GraphOptions, rows: RowSet, signal: AbortSignal): Promise<HeldGraph> {
    this.#state = { ...this.#state, phase: "building" };
    const count = rows.rows;
    const words = factory(count);
    const graph = await engine.build({
      dimensions: rows.dimensions,
      metric: graphMetric(this.#options.metric),
      factory: words,
      count,
      rows: rowReader(rows),
      signal,
      onProgress: this.#progress,
    });
    return new HeldGraph(graph, engine.name, words);
  }

  readonly #progress = (done: number, total: number): void => {
    this.#state = { ...this.#state, done, total };
  };
}

function timer(callback: () => void, ms: number): () => void {
  const timeout = setTimeout(callback, ms);
  timeout.unref();
  return () => clearTimeout(timeout);
}

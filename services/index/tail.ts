import postgres, { type Sql } from "postgres";
import { isDatabaseAway } from "../kit/database.ts";
import type { Logger } from "../kit/log.ts";
import { Waker } from "../kit/waker.ts";
import { CHANGED, loadItems, readChanges } from "./change-log.ts";
import type { ItemStore, Reload } from "./store.ts";
import { Slices } from "./vectors/slices.ts";

const PAGE = 500;
/** A log that gives no answer for so long is away, also while its connection stays open. */
const SILENT_MS = 3000;

export interface TailOptions {
  sql: Sql;
  store: ItemStore;
  log: Pick<Logger, "info" | "warn">;
  /** Ends it. */
  signal: AbortSignal;
  /** Longest time between two looks at the log. */
  pollMs: number;
  /** Default `performance.now`. */
  nowMs?: () => number;
}

/** Keeps a store at the end of the change log: woken by NOTIFY, or by the clock when none comes. */
export class Tail {
  readonly #options: TailOptions;
  #end = 0n;
  #connected = false;
  readonly #nowMs: () => number;
  /** Since when the log is being asked. */
  #askedMs: number | undefined;
  readonly #waker = new Waker();
  /** What waits for its turn between two steps. */
  readonly #jobs: { work: () => Promise<void>; refuse: (reason: unknown) => void }[] = [];

  constructor(options: TailOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Changes in the log that are not applied, as of the last look. */
  get lag(): number {
    return Math.max(0, Number(this.#end - this.#options.store.applied.value));
  }

  /** Whether the last look at the log succeeded, and the one that is under way, if any, does not hang. */
  get connected(): boolean {
    return this.#connected && (this.#askedMs === undefined || this.#nowMs() - this.#askedMs < SILENT_MS);
  }

  /** Load the current items, then apply what came meanwhile; resolves when the store has caught up, with where it loaded. */
  async catchUp(): Promise<bigint> {
    const { sql, store, log } = this.#options;
    const reload = store.startReload();
    const seq = await loadItems(sql, reload.put);
    await reload.replace(seq);
    this.#end = seq;
    while (await this.#step());
    this.#connected = true;
    log.info({ event: "caught_up", seq: String(store.applied.value) }, "the store holds all current items");
    return seq;
  }

  /**
   * Bring contents that stand at `seq` to the end of the log, and have the store answer from them. A reason instead: the
   * log does not lead there from `seq`, and nothing was changed. Either while nobody follows, or {@link between} steps.
   */
  async takeOver(reload: Reload, seq: bigint): Promise<string | undefined> {
    const { sql, signal } = this.#options;
    for (let at = seq; ; ) {
      signal.throwIfAborted();
      const { changes, end, horizon } = await readChanges(sql, at, PAGE);
      if (end < at)
        return `it stands at change ${at}, the change log ends at ${end}: the database is another, or an older one`;
      if (horizon > at) return `it stands at change ${at}, the change log begins behind ${horizon}`;
      const slices = new Slices();
      for (const change of changes) {
        reload.apply(change);
        at = change.seq;
        if (slices.over) await slices.pause();
      }
      if (at < end) continue;
      this.#end = end;
      this.#connected = true;
      await reload.replace(at);
      return undefined;
    }
  }

  /** Do some work while no change is applied; it begins after the page that is being applied. */
  between<Result>(work: () => Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    if (this.#options.signal.aborted) reject(this.#options.signal.reason);
    else this.#jobs.push({ work: () => work().then(resolve, reject), refuse: reject });
    this.#waker.wake();
    return promise;
  }

  /** Follow the log until the signal is aborted. PostgreSQL may go away and come back meanwhile. */
  async follow(): Promise<void> {
    const { sql, log, signal, pollMs } = this.#options;
    // postgres.js listens again by itself after a lost connection; until then the clock wakes us.
    const wake = () => this.#waker.wake();
    sql.listen(CHANGED, wake, wake).catch((error: unknown) => {
      log.warn({ event: "listen_failed", err: error }, "polling until it works");
    });
    while (!signal.aborted) {
      this.#waker.forget();
      for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) await job.work();
      try {
        const more = await this.#step();
        if (!this.#connected) log.info({ event: "tail_connected" }, "the change log can be read again");
        this.#connected = true;
        if (more) continue;
      } catch (error) {
        if (signal.aborted) break;
        // What PostgreSQL refuses (a statement that took too long, say) may work later; a broken log will not.
        if (!isDatabaseAway(error) && !(error instanceof postgres.PostgresError)) throw error;
        if (this.#connected) {
          log.warn({ event: "tail_disconnected", err: error }, "the change log is away; searches go on from memory");
        }
        this.#connected = false;
      }
      await this.#waker.rest(pollMs, signal);
    }
    for (const { refuse } of this.#jobs.splice(0)) refuse(signal.reason);
  }

  /** Apply one page; true if the log goes on behind it. */
  async #step(): Promise<boolean> {
    const { sql, store, log } = this.#options;
    this.#askedMs = this.#nowMs();
    const { changes, end, horizon } = await readChanges(sql, store.applied.value, PAGE).finally(() => {
      this.#askedMs = undefined;
    });
    this.#end = end;
    if (horizon > store.applied.value) {
      log.warn(
        { event: "behind_horizon", applied: String(store.applied.value), horizon: String(horizon) },
        "this replica is behind what the change log keeps: loading again",
      );
      await this.catchUp();
      return false;
    }
    if (end < store.applied.value) {
      log.warn(
        { event: "log_went_back", end: String(end) },
        "the database was restored to an earlier time: loading again",
      );
      await this.catchUp();
      return false;
    }
    // A page of many long vectors takes longer than searches should wait.
    const slices = new Slices();
    for (const change of changes) {
      store.apply(change);
      if (slices.over) await slices.pause();
    }
    return store.applied.value < end;
  }
}

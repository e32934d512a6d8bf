import postgres, { type Options, type PostgresType, type Sql } from "postgres";
import { type RunnableQuery, runnableQuery } from "./database-queries.ts";

export type DriverOptions = Options<Record<string, PostgresType>>;

/** Why a connection ended, in the driver's words. */
export type Loss = "CONNECTION_CLOSED" | "CONNECT_TIMEOUT" | "CONNECTION_DESTROYED";

export interface ConnectionOptions {
  driver: DriverOptions;
  /** Milliseconds before it is opened. */
  pauseMs: number;
  /** Until it must be open, and what a statement may take before the connection counts as lost; milliseconds. */
  connectMs: number;
  answerMs: number;
  /** It serves nothing any more; `opened`: it had. */
  onGone(opened: boolean): void;
}

const END_SECONDS = 1;

/**
 * One connection to PostgreSQL, which is thrown away when it closes. The driver (postgres 3.4) would open it again in the same
 * object, and that can go wrong in three ways: bytes that had not been sent keep the new connection from sending anything
 * (every attempt ends in CONNECT_TIMEOUT), a statement that came between a socket's error and its end is never answered, and
 * the first statement of the new connection is answered with the error of the old one (porsager/postgres #1208, #1215, #1216).
 */
export class DatabaseConnection {
  readonly #options: ConnectionOptions;
  readonly #sql: Sql;
  readonly #driver: Pick<RunnableQuery, "handler" | "canceller">;
  /** Since when, milliseconds. */
  readonly #running = new Map<RunnableQuery, number>();
  readonly bornMs = performance.now();
  #opened = false;
  #gone = false;
  #pause: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#sql = postgres({ ...options.driver, max: 1, onclose: () => this.#lose("CONNECTION_CLOSED") });
    // A query knows what runs it; this one is never run.
    this.#driver = runnableQuery(this.#sql`select 1`);
    if (options.pauseMs > 0) this.#pause = setTimeout(() => this.#start(), options.pauseMs);
  }

  /** Statements that run or wait here. */
  get load(): number {
    return this.#running.size;
  }

  /** Run it here; it ends through its `resolve` or `reject`. @returns to be called when it has ended */
  run(query: RunnableQuery): () => void {
    const { handler, canceller } = this.#driver;
    query.canceller = canceller;
    this.#running.set(query, performance.now());
    this.#watch ??= setTimeout(() => this.#look(), this.#options.pauseMs + this.#options.connectMs);
    if (!this.#pause) handler(query);
    return () => {
      this.#running.delete(query);
      if (query.state) this.#opened = true;
      if (this.#running.size > 0 || !this.#opened) return;
      clearTimeout(this.#watch);
      this.#watch = undefined;
    };
  }

  /** What runs may end, for a second. */
  async end(): Promise<void> {
    this.#gone = true;
    clearTimeout(this.#pause);
    clearTimeout(this.#watch);
    await this.#sql.end({ timeout: END_SECONDS });
    this.#refuseAll("CONNECTION_DESTROYED");
  }

  /** The driver gives a query its state when it sends it. */
  get #hasOpened(): boolean {
    return this.#opened || [...this.#running.keys()].some(({ state }) => state);
  }

  #start(): void {
    this.#pause = undefined;
    for (const query of this.#running.keys()) this.#driver.handler(query);
  }

  /** Has it opened, and is PostgreSQL still there? */
  #look(): void {
    const [oldest = performance.now()] = this.#running.values();
    const leftMs = oldest + this.#options.answerMs - performance.now();
    if (!this.#hasOpened) this.#lose("CONNECT_TIMEOUT");
    else if (leftMs <= 0) this.#lose("CONNECTION_CLOSED");
    else this.#watch = setTimeout(() => this.#look(), leftMs);
  }

  #lose(loss: Loss): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#pause);
    clearTimeout(this.#watch);
    this.#options.onGone(this.#hasOpened);
    this.#refuseAll(loss);
    // Ends what the driver still means to do with it.
    void this.#sql.end({ timeout: 0 });
  }

  #refuseAll(loss: Loss): void {
    const error = Object.assign(new Error(`${loss}: the connection to PostgreSQL is gone`), { code: loss });
    for (const query of [...this.#running.keys()]) {
      query.reject(error);
      // Out of the driver's queue, for which it would connect again.
      if (!query.state) query.canceller?.(query).catch(() => {});
    }
  }
}

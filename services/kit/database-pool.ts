import type { Sql } from "postgres";
import { DatabaseConnection, type DriverOptions } from "./database-connection.ts";
import type { RunnableQuery } from "./database-queries.ts";

export interface DatabasePoolOptions {
  /** Makes the queries, and says how the driver is set. */
  maker: Sql;
  /** Connections at most. */
  size: number;
  connectMs: number;
  answerMs: number;
  /** Of a connection that does nothing; milliseconds. Default: it stays. */
  idleMs?: number;
  /** Age at which a connection is replaced, milliseconds. Default: never. */
  lifeMs?: number;
  onClosed?: () => void;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/**
 * Connections, opened as they are needed. A statement gets one that does nothing, else a new one, else it goes behind
 * the others on that with the fewest. While PostgreSQL cannot be reached the pauses before a new one grow.
 */
export class DatabasePool {
  readonly #options: DatabasePoolOptions;
  readonly #connections = new Set<DatabaseConnection>();
  readonly #idle = new Map<DatabaseConnection, NodeJS.Timeout>();
  /** Connections in a row that never opened. */
  #failures = 0;
  #ended = false;

  constructor(options: DatabasePoolOptions) {
    this.#options = options;
  }

  /** Run a query on one of them. @returns to be called when it has ended */
  readonly run = (query: RunnableQuery): (() => void) => {
    if (this.#ended) {
      query.reject(Object.assign(new Error("the connections to PostgreSQL were ended"), { code: "CONNECTION_ENDED" }));
      return () => {};
    }
    const connection = this.#choose();
    clearTimeout(this.#idle.get(connection));
    this.#idle.delete(connection);
    const over = connection.run(query);
    return () => {
      over();
      if (query.state) this.#failures = 0;
      if (connection.load === 0) this.#rest(connection);
    };
  };

  async end(): Promise<void> {
    this.#ended = true;
    for (const timer of this.#idle.values()) clearTimeout(timer);
    await Promise.all([...this.#connections].map((connection) => connection.end()));
  }

  #choose(): DatabaseConnection {
    let least: DatabaseConnection | undefined;
    for (const connection of this.#connections) if (!least || connection.load < least.load) least = connection;
    return least && (least.load === 0 || this.#connections.size >= this.#options.size) ? least : this.#open();
  }

  #open(): DatabaseConnection {
    const { maker, connectMs, answerMs, idleMs, onClosed } = this.#options;
    const pauseMs = this.#failures === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS);
    const driver = {
      ...maker.options,
      // Asked for on a connection's first use, in a query whose failure nobody can catch; the maker knows those in use.
      fetch_types: false,
      // Later than ours: for a connection that the driver opened after we had given it up.
      idle_timeout: idleMs === undefined ? undefined : (2 * idleMs) / 1000,
      max_lifetime: null,
    } as unknown as DriverOptions;
    const connection = new DatabaseConnection({
      ...{ driver, pauseMs, connectMs, answerMs },
      onGone: (opened) => {
        this.#forget(connection);
        if (!opened) this.#failures++;
        onClosed?.();
      },
    });
    this.#connections.add(connection);
    return connection;
  }

  #rest(connection: DatabaseConnection): void {
    const { idleMs, lifeMs } = this.#options;
    if (this.#ended || !this.#connections.has(connection)) return;
    if (lifeMs !== undefined && performance.now() - connection.bornMs > lifeMs) this.#retire(connection);
    else if (idleMs !== undefined) {
      this.#idle.set(connection, setTimeout(() => this.#retire(connection), idleMs).unref());
    }
  }

  #retire(connection: DatabaseConnection): void {
    this.#forget(connection);
    void connection.end().then(this.#options.onClosed);
  }

  #forget(connection: DatabaseConnection): void {
    this.#connections.delete(connection);
    clearTimeout(this.#idle.get(connection));
    this.#idle.delete(connection);
  }
}

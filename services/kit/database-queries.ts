import type { Sql } from "postgres";
import { currentCall } from "./context.ts";
import { deadlineExceeded } from "./errors.ts";

/** The part of a `postgres` 3.4 query that is used here: it runs when its handler is called, and ends with resolve or reject. */
export interface RunnableQuery {
  handler: (query: RunnableQuery) => void;
  /** Set once it was sent to a connection. */
  state: object | null;
  /** It is the one that its connection works on. */
  active: boolean;
  canceller: ((query: RunnableQuery) => Promise<void>) | null;
  resolve(rows: unknown): void;
  reject(error: unknown): void;
}

/** Runs a query; what it returns is called when the query has ended. */
export type QueryRunner = (query: RunnableQuery) => () => void;

/** Told when a query starts; what it returns is told how the query ended. */
export type QueryWatcher = () => (error?: unknown) => void;

/**
 * The same `sql`, where every query that runs within a call is cancelled in PostgreSQL when the signal of that call is
 * aborted (deadline, hang-up), and is not started after that. `watch` sees every query. `run` runs it; default: `sql` itself.
 */
export function boundByCall<T extends Sql>(sql: T, watch: QueryWatcher, run?: QueryRunner): T {
  const bound = (made: unknown) => (isQuery(made) ? boundQuery(made, watch, run) : made);
  return new Proxy(sql, {
    apply: (target, self, args) => bound(Reflect.apply(target as unknown as () => unknown, self, args)),
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name === "unsafe" || name === "file") return (...args: unknown[]) => bound(value(...args));
      if (name === "reserve") return async () => boundByCall(await value(), watch);
      // A transaction of postgres 3.4 throws from a timer when its connection is lost, or goes on in somebody else's.
      if (name === "begin") throw new Error("expected a SQL function or one statement: sql.begin is not safe to use");
      if (name === "notify") throw new Error("expected select pg_notify(…), which runs like all other statements");
      return value;
    },
  });
}

/** @throws TypeError when it is none */
export function runnableQuery(made: unknown): RunnableQuery {
  if (!isQuery(made)) throw new TypeError("expected a query of postgres 3.4");
  return made;
}

/** `sql` makes queries, but also names and value lists, which never run by themselves. */
function isQuery(made: unknown): made is RunnableQuery {
  return made instanceof Promise && typeof (made as Partial<RunnableQuery>).handler === "function";
}

function boundQuery(query: RunnableQuery, watch: QueryWatcher, runner?: QueryRunner): RunnableQuery {
  const own = query.handler;
  // Told through resolve and reject, not through then: an extra listener would make an unhandled rejection look handled.
  query.handler = Object.assign(() => {
    const signal = currentCall()?.signal;
    if (signal?.aborted) {
      query.reject(signal.reason ?? deadlineExceeded("the call was over before the query began"));
      return;
    }
    const onAbort = () => {
      // Not for one that was sent behind another: `postgres` 3.4 would give its rows to the next one.
      if (query.active || !query.state) {
        // Cancelling needs a connection of its own; without one the query fails with the lost connection anyway.
        query.canceller?.(query).catch(() => {});
        query.canceller = null;
      }
      query.reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const tellEnd = watch();
    let over: (() => void) | undefined;
    let ended = false;
    const end = (error?: unknown) => {
      if (ended) return;
      ended = true;
      signal?.removeEventListener("abort", onAbort);
      tellEnd(error);
      over?.();
    };
    whenCalled(query, "resolve", () => end());
    whenCalled(query, "reject", end);
    if (!runner) own(query);
    else {
      over = runner(query);
      if (ended) over();
    }
  }, own);
  return query;
}

/** Tell of every call of `query[name]`, also after it was replaced: a cursor sets its own for each batch. */
function whenCalled(query: RunnableQuery, name: "resolve" | "reject", tell: (value: unknown) => void): void {
  let own = query[name];
  Object.defineProperty(query, name, {
    get: () => (value: unknown) => {
      tell(value);
      own(value);
    },
    set: (replaced: typeof own) => {
      own = replaced;
    },
  });
}

import type { Sql, TransactionSql } from "postgres";
import { currentCall } from "./context.ts";
import { deadlineExceeded } from "./errors.ts";

/** The part of a `postgres` 3.4 query that is used here: it runs when its handler is called, and ends with resolve or reject. */
interface RunnableQuery {
  handler: (query: RunnableQuery) => void;
  /** Set once it was sent to a connection. */
  state: object | null;
  /** It is the one that its connection works on. */
  active: boolean;
  canceller: ((query: RunnableQuery) => Promise<void>) | null;
  resolve(rows: unknown): void;
  reject(error: unknown): void;
}

/** Told when a query starts; what it returns is told how the query ended. */
export type QueryWatcher = () => (error?: unknown) => void;

/**
 * The same `sql`, where every query that runs within a call is cancelled in PostgreSQL when the signal of that call is
 * aborted (deadline, hang-up), and is not started after that. `watch` sees every query, those of transactions included.
 */
export function boundByCall<T extends Sql | TransactionSql>(sql: T, watch: QueryWatcher): T {
  const bound = (made: unknown) => (isQuery(made) ? boundQuery(made, watch) : made);
  return new Proxy(sql, {
    apply: (target, self, args) => bound(Reflect.apply(target as unknown as () => unknown, self, args)),
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name === "unsafe" || name === "file") return (...args: unknown[]) => bound(value(...args));
      if (name === "reserve") return async () => boundByCall(await value(), watch);
      if (name === "begin" || name === "savepoint") {
        return (...args: unknown[]) => {
          const work = args.pop() as (transaction: TransactionSql) => unknown;
          return value(...args, (transaction: TransactionSql) => work(boundByCall(transaction, watch)));
        };
      }
      return value;
    },
  });
}

/** `sql` makes queries, but also names and value lists, which never run by themselves. */
function isQuery(made: unknown): made is RunnableQuery {
  return made instanceof Promise && typeof (made as Partial<RunnableQuery>).handler === "function";
}

function boundQuery(query: RunnableQuery, watch: QueryWatcher): RunnableQuery {
  const run = query.handler;
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
    let ended = false;
    const end = (error?: unknown) => {
      if (ended) return;
      ended = true;
      signal?.removeEventListener("abort", onAbort);
      tellEnd(error);
    };
    whenCalled(query, "resolve", () => end());
    whenCalled(query, "reject", end);
    run(query);
  }, run);
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

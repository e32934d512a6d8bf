import { ConnectError } from "@connectrpc/connect";
import postgres, { type Sql } from "postgres";
import { Counter, type Registry } from "prom-client";
import { deadlineExceeded, unavailable } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { DatabaseConfig } from "./settings.ts";

export type { Sql } from "postgres";

/** The parts of a service that its connection pool takes part in. */
export interface DatabaseOwner {
  name: string;
  log: Logger;
  metrics: Registry;
  onStop(release: () => Promise<void>): void;
}

const CONNECT_SECONDS = 5;
const STATEMENT_MS = 30_000;
const IDLE_TRANSACTION_MS = 30_000;

/**
 * A bounded pool of connections. Nothing is connected before the first query; after PostgreSQL was away the next query
 * connects again. Every statement ends after 30 s at the latest.
 */
export function connectDatabase(config: DatabaseConfig, { name, log, metrics, onStop }: DatabaseOwner): Sql {
  const closed = new Counter({
    name: "database_connections_closed_total",
    help: "connections to PostgreSQL that ended",
    registers: [metrics],
  });
  const sql = postgres(config.DATABASE_URL, {
    max: config.DATABASE_POOL_SIZE,
    connect_timeout: CONNECT_SECONDS,
    idle_timeout: 60,
    max_lifetime: 1800,
    backoff: (attempt) => Math.min(0.05 * 2 ** attempt, 1),
    connection: {
      application_name: `flashfit-${name}`,
      statement_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    },
    onnotice: (notice) => log.debug({ event: "database_notice", notice: notice["message"] }, "PostgreSQL says"),
    onclose: () => closed.inc(),
  });
  onStop(() => sql.end({ timeout: 5 }));
  return sql;
}

const AWAY = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"],
  ...["CONNECTION_CLOSED", "CONNECTION_DESTROYED", "CONNECTION_ENDED", "CONNECT_TIMEOUT"],
  // SQLSTATE: admin shutdown, crash shutdown, cannot connect now, too many connections, idle transaction ended.
  ...["57P01", "57P02", "57P03", "53300", "25P03"],
]);
// Class 08: connection exceptions. 40: the transaction was rolled back (serialization, deadlock).
const AWAY_CLASSES = ["08", "40"];
const STATEMENT_TIMEOUT = "57014";

/** True if `error` says that PostgreSQL is away or gave up on the transaction, not that the statement is wrong. */
export function isDatabaseAway(error: unknown): boolean {
  const code = errorCode(error);
  return code !== undefined && (AWAY.has(code) || (code.length === 5 && AWAY_CLASSES.includes(code.slice(0, 2))));
}

/** Run `work`; connection trouble becomes Unavailable, a statement that took too long DeadlineExceeded, the rest passes. */
export async function databaseErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    if (isDatabaseAway(error)) throw unavailable("PostgreSQL is away; try again", error);
    if (errorCode(error) === STATEMENT_TIMEOUT) throw deadlineExceeded("PostgreSQL did not answer in time");
    throw error;
  }
}

/** Wait until PostgreSQL answers, trying every 200 ms; rejects when `signal` is aborted or it refuses us for good. */
export async function waitForDatabase(sql: Sql, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await sql`select 1`;
      return;
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

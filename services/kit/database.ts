import { ConnectError } from "@connectrpc/connect";
import postgres, { type PostgresType, type Sql } from "postgres";
import type { Registry } from "prom-client";
import { currentCall } from "./context.ts";
import { arrayTypes } from "./database-arrays.ts";
import { databaseMetrics } from "./database-metrics.ts";
import { DatabasePool } from "./database-pool.ts";
import { boundByCall } from "./database-queries.ts";
import { deadlineExceeded, invalidArgument, unavailable } from "./errors.ts";
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
const END_SECONDS = 1;
const IDLE_SECONDS = 60;
const LIFE_SECONDS = 1800;
const STATEMENT_MS = 30_000;
/** PostgreSQL ends a statement that takes too long, and then says so; later than that the connection is dead. */
const ANSWER_MS = 5000;
const IDLE_TRANSACTION_MS = 30_000;

const types = arrayTypes as unknown as Record<string, PostgresType>;

/**
 * A bounded pool of connections. Nothing is connected before the first query; after PostgreSQL was away the next query
 * connects again. A query ends with the call that it belongs to, and after 30 s at the latest.
 */
export function connectDatabase(config: DatabaseConfig, { name, log, metrics, onStop }: DatabaseOwner): Sql {
  const measure = databaseMetrics(metrics, config.DATABASE_POOL_SIZE);
  // Makes the queries, listens, and has the connections that somebody reserves; all else runs in the pool.
  const sql = postgres(config.DATABASE_URL, {
    max: config.DATABASE_POOL_SIZE,
    connect_timeout: CONNECT_SECONDS,
    idle_timeout: IDLE_SECONDS,
    max_lifetime: LIFE_SECONDS,
    backoff: (attempt) => Math.min(0.05 * 2 ** attempt, 1),
    types,
    connection: {
      application_name: `flashfit-${name}`,
      statement_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    },
    onnotice: (notice) => log.debug({ event: "database_notice", notice: notice.message }, "PostgreSQL says"),
  });
  const pool = new DatabasePool({
    maker: sql,
    size: config.DATABASE_POOL_SIZE,
    connectMs: CONNECT_SECONDS * 1000,
    answerMs: STATEMENT_MS + ANSWER_MS,
    idleMs: IDLE_SECONDS * 1000,
    lifeMs: LIFE_SECONDS * 1000,
    onClosed: measure.connectionClosed,
  });
  // No call is open any more; while PostgreSQL is away `end` always takes its whole time.
  onStop(async () => {
    await Promise.all([pool.end(), sql.end({ timeout: END_SECONDS })]);
  });
  return boundByCall(sql, measure.query, pool.run);
}

/** One connection that stays as long as PostgreSQL lets it, for what belongs to a session, such as an advisory lock. */
export interface KeptConnection {
  sql: Sql;
  end(): Promise<void>;
}

/** @param onClosed told when it was lost; the next statement opens a new one */
export function keepConnection(url: string, name: string, onClosed: () => void): KeptConnection {
  const maker = postgres(url, {
    max: 1,
    connect_timeout: CONNECT_SECONDS,
    connection: { application_name: name },
    types,
  });
  const times = { connectMs: CONNECT_SECONDS * 1000, answerMs: STATEMENT_MS + ANSWER_MS };
  const pool = new DatabasePool({ maker, size: 1, ...times, onClosed });
  return { sql: boundByCall(maker, () => () => {}, pool.run), end: () => pool.end() };
}

const AWAY = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"],
  ...["CONNECTION_CLOSED", "CONNECTION_DESTROYED", "CONNECTION_ENDED", "CONNECT_TIMEOUT"],
  // SQLSTATE: admin shutdown, crash shutdown, cannot connect now, too many connections, idle transaction ended,
  // read-only (a standby after a failover).
  ...["57P01", "57P02", "57P03", "53300", "25P03", "25006"],
]);
// Class 08: connection exceptions. 40: the transaction was rolled back (serialization, deadlock).
const AWAY_CLASSES = ["08", "40"];
const CANCELLED = "57014";
/** SQLSTATE: text that PostgreSQL cannot hold, above all U+0000, which Protobuf allows. */
const BAD_TEXT = new Set(["22021", "22P05"]);

/** True if `error` says that PostgreSQL is away or gave up on the transaction, not that the statement is wrong. */
export function isDatabaseAway(error: unknown): boolean {
  const code = errorCode(error);
  return code !== undefined && (AWAY.has(code) || (code.length === 5 && AWAY_CLASSES.includes(code.slice(0, 2))));
}

/**
 * Run `work` and say what its caller may know of an error: connection trouble is Unavailable, a statement that was ended
 * by the call's own signal is that signal's reason, one that took too long DeadlineExceeded, text that PostgreSQL cannot
 * hold InvalidArgument. The rest, a wrong statement above all, passes.
 */
export async function databaseErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    if (isDatabaseAway(error)) throw unavailable("PostgreSQL is away; try again", error);
    const code = errorCode(error);
    if (code === CANCELLED) throw cancelled(error);
    if (code !== undefined && BAD_TEXT.has(code)) {
      throw invalidArgument("", "a text holds the character U+0000, which cannot be stored");
    }
    throw error;
  }
}

function cancelled(error: unknown): unknown {
  const signal = currentCall()?.signal;
  if (signal?.aborted) return signal.reason;
  if (/statement timeout/.test(String(error))) return deadlineExceeded("PostgreSQL did not answer in time");
  // A cancel request names a connection, not a statement: it can hit the one after the one that was meant.
  return unavailable("PostgreSQL cancelled the statement; try again", error);
}

/**
 * Wait until PostgreSQL answers. Rejects when it refuses us for good, and, with what it said last, when `signal` is aborted.
 */
export async function waitForDatabase(sql: Sql, signal: AbortSignal): Promise<void> {
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    try {
      await sql`select 1`;
      return;
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      if (signal.aborted) {
        throw new Error(`PostgreSQL does not answer: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

import { ConnectError } from "@connectrpc/connect";
import type { Sql } from "postgres";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { currentCall } from "../../kit/context.ts";
import { databaseErrors } from "../../kit/database.ts";
import { alreadyExists, resourceExhausted } from "../../kit/errors.ts";
import { distinctEvents, EventConflict, type SentEvent } from "./event.ts";
import { GroupCommit } from "./group-commit.ts";
import type { SentRecommendation } from "./recommendation.ts";
import { type LogCall, RecommendationConflict, type Recorded, record } from "./record.ts";

/** Rows of one transaction: it takes some 50 ms, and nobody waits for longer than two of them. */
const MOST_AT_ONCE = 2000;
/** Rows in memory that wait: a few seconds' worth. */
const MOST_WAITING = 20_000;
const RETRY_MS = 1000;

export interface LogWriterOptions {
  sql: Sql;
  metrics: Registry;
  /** Epoch milliseconds. */
  nowMs: () => number;
  /** Told after a commit, before the calls are answered, whose events may be new. */
  onEvents?: (userIds: ReadonlySet<string>) => void;
}

/** Writes to the log; every answer comes after the commit. Errors: ALREADY_EXISTS, RESOURCE_EXHAUSTED, UNAVAILABLE. */
export class LogWriter {
  readonly #group: GroupCommit<LogCall, Recorded>;
  readonly #events: Counter;

  constructor({ sql, metrics, nowMs, onEvents = () => {} }: LogWriterOptions) {
    const registers = [metrics];
    this.#events = new Counter({
      name: "feedback_events_total",
      help: "events that were sent and accepted",
      labelNames: ["result"],
      registers,
    });
    const rows = new Histogram({
      name: "feedback_commit_rows",
      help: "events and recommendations of one transaction, as sent",
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2000],
      registers,
    });
    const seconds = new Histogram({
      name: "feedback_commit_duration_seconds",
      help: "time of a transaction that writes to the log",
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    });
    this.#group = new GroupCommit<LogCall, Recorded>({
      async commit(calls) {
        rows.observe(calls.reduce((sum, call) => sum + sizeOf(call), 0));
        const stop = seconds.startTimer();
        try {
          const answers = await databaseErrors(() => record(sql, calls, BigInt(nowMs()) * 1000n));
          const people = new Set(calls.flatMap(peopleOf));
          if (people.size > 0) onEvents(people);
          return answers;
        } finally {
          stop();
        }
      },
      sizeOf,
      idsOf,
      mostAtOnce: MOST_AT_ONCE,
      mostWaiting: MOST_WAITING,
      refuse: () => resourceExhausted("too many events wait to be written; send more slowly", RETRY_MS),
      // What PostgreSQL being away, or slow, says to one it says to all.
      mayBeOfOne: (error) => !(error instanceof ConnectError),
    });
    const group = this.#group;
    new Gauge({
      name: "feedback_rows_waiting",
      help: "events and recommendations that wait for their transaction",
      registers,
      collect() {
        this.set(group.rowsWaiting);
      },
    });
  }

  /** Events of one call: all of them, or none if an id was used before for something else. */
  async recordEvents(events: SentEvent[]): Promise<{ recorded: number; duplicates: number }> {
    try {
      const { recorded } = await this.#group.add({ kind: "events", events: distinctEvents(events) }, callSignal());
      const duplicates = events.length - recorded;
      this.#events.inc({ result: "recorded" }, recorded);
      this.#events.inc({ result: "duplicate" }, duplicates);
      return { recorded, duplicates };
    } catch (error) {
      throw error instanceof EventConflict ? alreadyExists(error.message) : error;
    }
  }

  /** @returns whether it was there already */
  async recordRecommendation(recommendation: SentRecommendation): Promise<boolean> {
    try {
      const { recorded } = await this.#group.add({ kind: "recommendation", recommendation }, callSignal());
      return recorded === 0;
    } catch (error) {
      throw error instanceof RecommendationConflict ? alreadyExists(error.message) : error;
    }
  }
}

function callSignal(): AbortSignal | undefined {
  return currentCall()?.signal;
}

function sizeOf(call: LogCall): number {
  return call.kind === "events" ? call.events.length : 1;
}

function peopleOf(call: LogCall): string[] {
  return call.kind === "events" ? call.events.map(({ userId }) => userId) : [];
}

function idsOf(call: LogCall): string[] {
  if (call.kind === "recommendation") return [`r ${call.recommendation.id}`];
  return call.events.map(({ eventId }) => `e ${eventId}`);
}

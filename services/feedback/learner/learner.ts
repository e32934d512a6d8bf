import { setImmediate as nextTurn } from "node:timers/promises";
import postgres, { type Sql, type TransactionSql } from "postgres";
import { isDatabaseAway } from "../../kit/database.ts";
import type { Logger } from "../../kit/log.ts";
import { lastSeq, readEntries, readShown } from "../log/read-log.ts";
import { Folding, namedRecommendations, userOf } from "./folding.ts";
import { type Learned, lockLearned, readPeople, storeLearned } from "./learned-store.ts";

/** Channel of NOTIFY: there is something new in the log. */
export const LOGGED = "feedback_log";

/** Any number, the same for all: one learner at a time in a database. */
const LOCK = 4_270_120;
/** Entries of one transaction. */
const BATCH = 500;
/** How long calls wait for the learner's turn on the event loop, milliseconds. */
const TURN_MS = 5;

export interface LearnerOptions {
  sql: Sql;
  log: Pick<Logger, "info" | "warn">;
  /** Ends it, after the batch that it is at. */
  signal: AbortSignal;
  /** Longest time between two looks at the log. */
  pollMs: number;
  /** Told what was learned. */
  onLearned?: (entries: number, seconds: number) => void;
}

/**
 * Folds the log into profiles. Every replica has one; an advisory lock lets one of them learn at a time, and which it is
 * may change with every batch: a batch begins with what is stored. State and position are stored in one transaction, so
 * that each entry counts once whatever ends when.
 */
export class Learner {
  readonly #options: LearnerOptions;
  #known: Learned | undefined;
  #wake = () => {};
  #away = false;

  constructor(options: LearnerOptions) {
    this.#options = options;
  }

  /** Learn until the signal is aborted. PostgreSQL may go away and come back meanwhile. */
  async run(): Promise<void> {
    const { sql, log, signal, pollMs } = this.#options;
    // postgres.js listens again by itself after a lost connection; until then the clock wakes us.
    const wake = () => this.#wake();
    sql.listen(LOGGED, wake, wake).catch((error: unknown) => {
      log.warn({ event: "listen_failed", err: error }, "polling until it works");
    });
    signal.addEventListener("abort", wake, { once: true });
    while (!signal.aborted) {
      const woken = this.#nextWake(pollMs);
      try {
        const more = await this.step();
        if (this.#away) log.info({ event: "learner_back" }, "learning goes on");
        this.#away = false;
        if (more) continue;
      } catch (error) {
        if (signal.aborted) break;
        // What PostgreSQL refuses (a statement that took too long, say) may work later; a defect here will not.
        if (!isDatabaseAway(error) && !(error instanceof postgres.PostgresError)) throw error;
        if (!this.#away)
          log.warn({ event: "learner_stopped", err: error }, "nothing is learned until PostgreSQL is back");
        this.#away = true;
        this.#known = undefined;
      }
      await woken;
    }
  }

  /** Learn one batch; true if the log goes on behind it. */
  async step(): Promise<boolean> {
    const began = performance.now();
    const done = await this.#options.sql.begin((tx) => this.#batch(tx));
    if (!done) return false;
    this.#known = done.learned;
    if (done.entries > 0) this.#options.onLearned?.(done.entries, (performance.now() - began) / 1000);
    return done.more;
  }

  async #batch(tx: TransactionSql): Promise<{ learned: Learned; entries: number; more: boolean } | undefined> {
    const [lock] = await tx<{ got: boolean }[]>`select pg_try_advisory_xact_lock(${LOCK}) as got`;
    // Another one learns; it will look once more before it sleeps.
    if (!lock?.got) return undefined;
    const learned = await lockLearned(tx, this.#known);
    const end = await lastSeq(tx);
    if (end <= learned.seq) return { learned, entries: 0, more: false };
    const upTo = end < learned.seq + BigInt(BATCH) ? end : learned.seq + BigInt(BATCH);
    const entries = await readEntries(tx, learned.seq, upTo);
    const userIds = new Set(entries.map(userOf).filter((userId) => userId !== undefined));
    const [people, shown] = await Promise.all([
      readPeople(tx, [...userIds]),
      readShown(tx, namedRecommendations(entries)),
    ]);
    const folding = new Folding(learned.common, people);
    let turnBegan = performance.now();
    for (const entry of entries) {
      folding.add(entry, shown);
      if (performance.now() - turnBegan < TURN_MS) continue;
      await nextTurn();
      turnBegan = performance.now();
    }
    await storeLearned(tx, folding, upTo);
    return { learned: { seq: upTo, common: folding.common }, entries: entries.length, more: upTo < end };
  }

  #nextWake(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    return promise.finally(() => clearTimeout(timer));
  }
}

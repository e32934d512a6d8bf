import { setImmediate as nextTurn } from "node:timers/promises";
import postgres, { type Sql } from "postgres";
import { isDatabaseAway } from "../../kit/database.ts";
import type { Logger } from "../../kit/log.ts";
import { pause } from "../../kit/pause.ts";
import { Waker } from "../../kit/waker.ts";
import { readEntries, readShown } from "../log/read-log.ts";
import { Folding, namedRecommendations, userOf } from "./folding.ts";
import { type Learned, readPeople, readPosition, storeLearned } from "./learned-store.ts";
import type { LearnerTurn } from "./learner-turn.ts";

/** Channel of NOTIFY: there is something new in the log. */
export const LOGGED = "feedback_log";

/** Entries of one transaction. */
const BATCH = 500n;
/**
 * How long it waits, milliseconds, for more to learn from after it was woken: a batch costs some milliseconds of PostgreSQL however
 * little is in it. Profiles are as fresh without it, because asking for one folds in what is behind the learner.
 */
const GATHER_MS = 50;
/** How long calls wait for the learner's turn on the event loop, milliseconds. */
const TURN_MS = 5;

export interface LearnerOptions {
  sql: Sql;
  /** Which replica learns. */
  turn: Pick<LearnerTurn, "mine">;
  log: Pick<Logger, "info" | "warn">;
  /** Ends it, after the batch that it is at. */
  signal: AbortSignal;
  /** Longest time between two looks at the log. */
  pollMs: number;
  /** Told what was learned. */
  onLearned?: (entries: number, seconds: number) => void;
}

/**
 * Folds the log into profiles. Every replica has one; an advisory lock says which of them learns. State and position are
 * stored by one statement, and only if the position is still the one that was begun with: each entry counts once, whatever
 * ends when, and even if two replicas both believe that it is their turn.
 */
export class Learner {
  readonly #options: LearnerOptions;
  #known: Learned | undefined;
  readonly #waker = new Waker();
  #away = false;

  constructor(options: LearnerOptions) {
    this.#options = options;
  }

  /** Learn until the signal is aborted. PostgreSQL may go away and come back meanwhile. */
  async run(): Promise<void> {
    const { sql, log, signal, pollMs } = this.#options;
    // postgres.js listens again by itself after a lost connection; until then the clock wakes us.
    const wake = () => this.#waker.wake();
    sql.listen(LOGGED, wake, wake).catch((error: unknown) => {
      log.warn({ event: "listen_failed", err: error }, "polling until it works");
    });
    while (!signal.aborted) {
      this.#waker.forget();
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
      await this.#waker.rest(pollMs, signal);
      await pause(GATHER_MS, signal);
    }
  }

  /** Learn one batch; true if the log goes on behind it. */
  async step(): Promise<boolean> {
    const { sql, turn, onLearned } = this.#options;
    if (!(await turn.mine())) return false;
    const began = performance.now();
    const before = await readPosition(sql, this.#known);
    const { learned, endSeq } = before;
    this.#known = learned;
    if (endSeq <= learned.seq) return false;
    const upTo = endSeq < learned.seq + BATCH ? endSeq : learned.seq + BATCH;
    const entries = await readEntries(sql, learned.seq, upTo);
    const userIds = new Set(entries.map(userOf).filter((userId) => userId !== undefined));
    const [people, shown] = await Promise.all([
      readPeople(sql, [...userIds]),
      readShown(sql, namedRecommendations(entries)),
    ]);
    const folding = new Folding(learned.common, people);
    let turnBegan = performance.now();
    for (const entry of entries) {
      folding.add(entry, shown);
      if (performance.now() - turnBegan < TURN_MS) continue;
      await nextTurn();
      turnBegan = performance.now();
    }
    // Otherwise it is read again.
    if (!(await storeLearned(sql, before, folding, upTo))) return true;
    this.#known = { seq: upTo, common: folding.common };
    onLearned?.(entries.length, (performance.now() - began) / 1000);
    return upTo < endSeq;
  }
}

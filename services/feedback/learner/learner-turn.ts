import process from "node:process";
import postgres, { type Sql } from "postgres";

/** Any number, the same for all: one learner in a database. */
const LOCK = 4_270_120;

/**
 * The right to learn: an advisory lock of PostgreSQL on a connection that does nothing else. PostgreSQL gives it to
 * another replica when that connection ends, with this process or before.
 */
export class LearnerTurn {
  readonly #sql: Sql;
  #held = false;

  constructor(url: string) {
    this.#sql = postgres(url, {
      max: 1,
      connect_timeout: 5,
      idle_timeout: 0,
      max_lifetime: null,
      backoff: (attempt) => Math.min(0.05 * 2 ** attempt, 1),
      connection: { application_name: `flashfit-feedback-learner-${process.pid}` },
      onclose: () => {
        this.#held = false;
      },
    });
  }

  /** Whether this replica holds it, or got it now. */
  async mine(): Promise<boolean> {
    if (this.#held) return true;
    const [row] = await this.#sql<{ got: boolean }[]>`select pg_try_advisory_lock(${LOCK}) as got`;
    this.#held = row!.got;
    return this.#held;
  }

  /** Whether this replica is the one that learns. */
  get held(): boolean {
    return this.#held;
  }

  /** Give it up. */
  async end(): Promise<void> {
    await this.#sql.end({ timeout: 1 });
  }
}

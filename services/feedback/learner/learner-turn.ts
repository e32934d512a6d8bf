import process from "node:process";
import { type KeptConnection, keepConnection } from "../../kit/database.ts";

/** Any number, the same for all: one learner in a database. */
const LOCK = 4_270_120;

/**
 * The right to learn: an advisory lock of PostgreSQL on a connection that does nothing else. PostgreSQL gives it to
 * another replica when that connection ends, with this process or before.
 */
export class LearnerTurn {
  readonly #connection: KeptConnection;
  #held = false;

  constructor(url: string) {
    this.#connection = keepConnection(url, `flashfit-feedback-learner-${process.pid}`, () => {
      this.#held = false;
    });
  }

  /** Whether this replica holds it, or got it now. */
  async mine(): Promise<boolean> {
    if (this.#held) return true;
    const [row] = await this.#connection.sql<{ got: boolean }[]>`select pg_try_advisory_lock(${LOCK}) as got`;
    this.#held = row!.got;
    return this.#held;
  }

  /** Whether this replica is the one that learns. */
  get held(): boolean {
    return this.#held;
  }

  /** Give it up. */
  async end(): Promise<void> {
    await this.#connection.end();
  }
}

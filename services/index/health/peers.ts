import { randomUUID } from "node:crypto";
import type { Sql } from "postgres";

/** PostgreSQL's channel on which the replicas say how far they are. */
const CHANNEL = "flashfit_index_replicas";
/** A replica that was not heard of for so many announcements is not there. */
const SILENT = 5;

export interface PeersOptions {
  sql: Sql;
  /** Time between two announcements. */
  everyMs: number;
  nowMs: () => number;
}

/**
 * What this replica knows of the others: how far each has applied the log. All say so to each other through PostgreSQL's
 * NOTIFY, which stores nothing; while it is away nobody hears of anybody.
 */
export class Peers {
  readonly #options: PeersOptions;
  readonly #own = randomUUID();
  readonly #heard = new Map<string, { applied: bigint; atMs: number }>();
  #unlisten: (() => Promise<void>) | undefined;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  async listen(): Promise<void> {
    const { sql } = this.#options;
    ({ unlisten: this.#unlisten } = await sql.listen(CHANNEL, (payload) => this.#hear(payload)));
  }

  /** @throws what postgres.js says while PostgreSQL is away */
  async announce(applied: bigint): Promise<void> {
    await this.#options.sql`select pg_notify(${CHANNEL}, ${`${this.#own} ${applied}`})`;
  }

  /** How many changes the furthest of the others is ahead of `applied`; 0 when none is known, or none is ahead. */
  ahead(applied: bigint): number {
    let most = applied;
    for (const { applied: theirs } of this.#present()) if (theirs > most) most = theirs;
    return Number(most - applied);
  }

  /** Other replicas that were heard of lately. */
  get count(): number {
    return this.#present().length;
  }

  async close(): Promise<void> {
    await this.#unlisten?.();
  }

  #hear(payload: string): void {
    const [, id, applied] = /^([\w-]{1,64}) (\d{1,19})$/.exec(payload) ?? [];
    if (id === undefined || applied === undefined || id === this.#own) return;
    this.#present(); // forgets those that went away
    this.#heard.set(id, { applied: BigInt(applied), atMs: this.#options.nowMs() });
  }

  #present() {
    const oldest = this.#options.nowMs() - SILENT * this.#options.everyMs;
    for (const [id, { atMs }] of this.#heard) if (atMs < oldest) this.#heard.delete(id);
    return [...this.#heard.values()];
  }
}

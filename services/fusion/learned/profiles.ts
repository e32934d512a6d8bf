import type { Profile } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { Lru } from "../lru.ts";

export interface ProfilesOptions<T> {
  /** Asks Feedback, which has so long to answer. */
  fetch(userId: string, timeoutMs: number): Promise<Profile>;
  /** What is kept of a profile. */
  digest(profile: Profile): T;
  /** What all kept profiles may weigh together, bytes by estimate. */
  maxBytes: number;
  /** How long a profile is good for while nobody tells of changes, milliseconds. */
  maxAgeMs: number;
  /** Milliseconds of any clock that does not go back. */
  nowMs: () => number;
  /** Told of every look-up: the cache had it, or Feedback was asked. */
  counted(outcome: "hit" | "miss"): void;
}

interface Entry<T> {
  digest: T;
  bytes: number;
  /** When it was known to be true last; while changes are told it is true as long as it is here. */
  trueAt: number;
}

/**
 * Profiles that were asked for before. While Feedback tells of changes (`connected`), one is good until its person is named;
 * otherwise for `maxAgeMs`.
 */
export class Profiles<T> {
  readonly #options: ProfilesOptions<T>;
  readonly #entries: Lru<string, Entry<T>>;
  /** People whose profile is just being asked for; one that changes meanwhile must not be kept. */
  readonly #asking = new Map<string, Set<{ changed: boolean }>>();
  #connected = false;
  #disconnectedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ProfilesOptions<T>) {
    this.#options = options;
    this.#entries = new Lru({ capacity: options.maxBytes, weigh: ({ bytes }) => bytes });
  }

  get size(): number {
    return this.#entries.size;
  }

  async get(userId: string, timeoutMs: number): Promise<T> {
    const { fetch, digest, nowMs, maxAgeMs, counted } = this.#options;
    const entry = this.#entries.get(userId);
    if (entry && (this.#connected || nowMs() - Math.max(entry.trueAt, this.#disconnectedAt) <= maxAgeMs)) {
      counted("hit");
      return entry.digest;
    }
    counted("miss");
    const ticket = { changed: false };
    const tickets = this.#asking.get(userId) ?? new Set();
    this.#asking.set(userId, tickets.add(ticket));
    try {
      const trueAt = nowMs();
      const profile = await fetch(userId, timeoutMs);
      const made = digest(profile);
      if (!ticket.changed) this.#entries.set(userId, { digest: made, bytes: bytesOf(profile), trueAt });
      return made;
    } finally {
      tickets.delete(ticket);
      if (tickets.size === 0) this.#asking.delete(userId);
    }
  }

  /** These people's profiles changed. */
  changed(userIds: Iterable<string>): void {
    for (const userId of userIds) {
      this.#entries.delete(userId);
      for (const ticket of this.#asking.get(userId) ?? []) ticket.changed = true;
    }
  }

  /** Changes are told from now on; what happened before is not known. */
  connected(): void {
    this.#entries.clear();
    for (const tickets of this.#asking.values()) for (const ticket of tickets) ticket.changed = true;
    this.#connected = true;
  }

  disconnected(): void {
    this.#connected = false;
    this.#disconnectedAt = this.#options.nowMs();
  }
}

const BYTES_PER_ENTRY = 1000;
const BYTES_PER_ID = 150;

/** About what a profile takes in memory. */
function bytesOf({ beliefs, itemWeights, likedItemIds, dislikedItemIds }: Profile): number {
  const gaussians = beliefs.reduce((sum, { mean, covariance }) => sum + mean.length + covariance.length, 0);
  return (
    BYTES_PER_ENTRY + gaussians + BYTES_PER_ID * (itemWeights.length + likedItemIds.length + dislikedItemIds.length)
  );
}

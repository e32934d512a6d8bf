import { type ContextValues, createContextKey, createContextValues } from "@connectrpc/connect";
import type { Gate } from "../kit/serve.ts";
import { timeoutFromHeaders } from "../kit/server-interceptors.ts";
import { LatencyCurve } from "./batching/latency-curve.ts";
import { DeadlineTooCloseError } from "./batching/refusals.ts";
import { toRefusal } from "./refusals.ts";

/** What was measured longer ago refuses nobody: a machine that has recovered must be able to show it. */
const FRESH_MS = 2000;
/** A smaller body holds no photo: a text costs little, and waits little. */
const PHOTO_BYTES = 8 * 1024;
/** Above this share of answers from the cache nobody is refused unread, for the next one may be there too. */
const CACHED_SHARE = 0.1;
/** What one more answer is worth in that share. */
const SHARE_STEP = 0.05;
const PHOTO = "photo";

/** A photo that came in. */
export interface Entry {
  /** It was answered: how long that took, and whether anything had to be computed, teaches the doorkeeper. */
  answered(computed: boolean): void;
  /** It is not on its way any more, or nobody waits for it (bulk work). Idempotent. */
  release(): void;
}

const NOBODY: Entry = { answered() {}, release() {} };
const ENTRY = createContextKey<Entry>(NOBODY, { description: "how a photo came in" });

/** The entry that {@link Doorkeeper.gate} gave the call with these values. */
export function entryOf(values: ContextValues): Entry {
  return values.get(ENTRY);
}

export interface DoorkeeperOptions {
  /** Tells that a photo was refused. */
  onRefusal?: () => void;
  /** Epoch milliseconds; default: the system's clock. */
  nowMs?: () => number;
}

/**
 * Refuses photos by their headers alone when their answers would be late. Under three times the load that can be served two
 * of three calls are refused; to read, to check and to look up what they brought would take the time of those that can be
 * served, and they would learn late that they are refused.
 *
 * Its forecast is the median time from arrival to answer by how many are on their way, so it is right in half of the cases
 * near the limit and sure beyond: who gets past it is judged exactly by the queues. Photos that are in the cache anyway are
 * not told from others without being read; as long as many are, nobody is refused here.
 */
export class Doorkeeper {
  readonly #curve = new LatencyCurve();
  readonly #onRefusal: () => void;
  readonly #nowMs: () => number;
  #inside = 0;
  #cachedShare = 0;

  constructor({ onRefusal = () => {}, nowMs = Date.now }: DoorkeeperOptions = {}) {
    this.#onRefusal = onRefusal;
    this.#nowMs = nowMs;
  }

  /** Photos on their way. */
  get inside(): number {
    return this.#inside;
  }

  /** For calls whose bodies are photos or texts. @throws RESOURCE_EXHAUSTED with when to come back. */
  readonly gate: Gate = ({ header, signal }) => {
    const bytes = Number(header.get("content-length") ?? 0);
    if (!(bytes >= PHOTO_BYTES)) return undefined;
    try {
      const entry = this.enter(timeoutFromHeaders(header));
      signal.addEventListener("abort", entry.release, { once: true });
      return createContextValues().set(ENTRY, entry);
    } catch (error) {
      this.#onRefusal();
      throw toRefusal(error);
    }
  };

  /**
   * A photo that has `leftMs` (undefined: whatever it takes) comes in.
   * @throws DeadlineTooCloseError when half of those in its place would be late.
   */
  enter(leftMs: number | undefined): Entry {
    const began = this.#nowMs();
    const place = this.#inside + 1;
    const measuredAt = this.#curve.measuredAt(PHOTO);
    const isFresh = measuredAt !== undefined && began - measuredAt <= FRESH_MS;
    if (isFresh && this.#inside > 0 && leftMs !== undefined && this.#cachedShare < CACHED_SHARE) {
      const neededMs = this.#curve.estimate(PHOTO, place) ?? 0;
      if (neededMs > leftMs) throw new DeadlineTooCloseError(neededMs, leftMs);
    }
    this.#inside += 1;
    let released = false;
    const release = () => {
      if (!released) this.#inside -= 1;
      released = true;
    };
    return {
      answered: (computed) => {
        this.#cachedShare += SHARE_STEP * ((computed ? 0 : 1) - this.#cachedShare);
        const now = this.#nowMs();
        if (computed && !released) this.#curve.observe(PHOTO, place, Math.max(0.01, now - began), now);
        release();
      },
      release,
    };
  }
}

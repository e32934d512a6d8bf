import { type ContextValues, createContextKey, createContextValues } from "@connectrpc/connect";
import { withoutStack } from "../kit/errors.ts";
import { CLAIMS } from "../kit/headers.ts";
import type { Gate } from "../kit/serve.ts";
import { timeoutFromHeaders } from "../kit/server-interceptors.ts";
import { DeadlineTooCloseError } from "./batching/refusals.ts";
import { toRefusal } from "./refusals.ts";
import { callerOf } from "./run-call.ts";

/** A smaller body holds no photo: a text costs little, and waits little. */
const PHOTO_BYTES = 8 * 1024;
/** Above this share of answers from the cache nobody is refused unread, for the next one may be there too. */
const CACHED_SHARE = 0.1;
/** What one more answer is worth in that share. */
const SHARE_STEP = 0.05;

/** What a call that came in tells the doorkeeper. */
export interface Entry {
  /** The queues know of it, or it has ended. Idempotent. */
  arrived(): void;
  /** Whether anything had to be computed for its answer. */
  answered(computed: boolean): void;
}

const ENTRY = createContextKey<Entry>({ arrived() {}, answered() {} }, { description: "how a photo came in" });

/** Of a call that passed {@link Doorkeeper.gate}; of any other one that tells nobody. */
export function entryOf(values: ContextValues): Entry {
  return values.get(ENTRY);
}

export interface DoorkeeperOptions {
  /** Milliseconds until a photo of this caller's that came now, with `before` others in no queue yet, would be answered. */
  foresee(call: { caller: string; deadlineMs: number; before: number }): number;
  /** A photo was refused. */
  onRefusal?: () => void;
  /** Epoch milliseconds; default: the system's clock. */
  nowMs?: () => number;
}

/**
 * Refuses photos by their headers alone when the queues would refuse them anyway. Under three times the load that can be
 * served two of three calls are refused: to read, to check and to look up what they brought would take the time of those
 * that can be served, and they would learn late that they are refused.
 *
 * Photos whose answers are in the cache are not told from others without being read; as long as a tenth are, nobody is
 * refused here.
 */
export class Doorkeeper {
  readonly #options: DoorkeeperOptions;
  readonly #nowMs: () => number;
  #cachedShare = 0;
  /** Let in, and in no queue yet: of calls that arrive together each must know of the others. */
  #coming = 0;

  constructor(options: DoorkeeperOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** For calls whose bodies are photos or texts. @throws RESOURCE_EXHAUSTED with when to come back. */
  readonly gate: Gate = ({ header, signal }) => {
    if (!(Number(header.get("content-length") ?? 0) >= PHOTO_BYTES)) return undefined;
    const leftMs = timeoutFromHeaders(header);
    if (leftMs !== undefined && this.#cachedShare < CACHED_SHARE) {
      const caller = callerOf(header.get(CLAIMS) ?? undefined);
      const neededMs = this.#options.foresee({ caller, deadlineMs: this.#nowMs() + leftMs, before: this.#coming });
      if (neededMs > leftMs) {
        this.#options.onRefusal?.();
        throw withoutStack(() => toRefusal(new DeadlineTooCloseError(neededMs, leftMs)));
      }
    }
    const entry = this.#enter();
    signal.addEventListener("abort", entry.arrived, { once: true });
    return createContextValues().set(ENTRY, entry);
  };

  #enter(): Entry {
    this.#coming += 1;
    let arrived = false;
    return {
      arrived: () => {
        if (!arrived) this.#coming -= 1;
        arrived = true;
      },
      answered: (computed) => {
        this.#cachedShare += SHARE_STEP * ((computed ? 0 : 1) - this.#cachedShare);
      },
    };
  }
}

import { type ContextValues, createContextKey, createContextValues } from "@connectrpc/connect";
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

/** Tells whether anything had to be computed for an answer. */
export type Answered = (computed: boolean) => void;

const ANSWERED = createContextKey<Answered>(() => {}, { description: "whom to tell how a photo was answered" });

/** Whom to tell, of a call that passed {@link Doorkeeper.gate}. */
export function answeredOf(values: ContextValues): Answered {
  return values.get(ANSWERED);
}

export interface DoorkeeperOptions {
  /** Milliseconds until a photo of this caller's that came now would be answered. */
  foresee(call: { caller: string; deadlineMs: number }): number;
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

  constructor(options: DoorkeeperOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** For calls whose bodies are photos or texts. @throws RESOURCE_EXHAUSTED with when to come back. */
  readonly gate: Gate = ({ header }) => {
    if (!(Number(header.get("content-length") ?? 0) >= PHOTO_BYTES)) return undefined;
    const leftMs = timeoutFromHeaders(header);
    if (leftMs !== undefined && this.#cachedShare < CACHED_SHARE) {
      const caller = callerOf(header.get(CLAIMS) ?? undefined);
      const neededMs = this.#options.foresee({ caller, deadlineMs: this.#nowMs() + leftMs });
      if (neededMs > leftMs) {
        this.#options.onRefusal?.();
        throw toRefusal(new DeadlineTooCloseError(neededMs, leftMs));
      }
    }
    return createContextValues().set(ANSWERED, this.#answered);
  };

  readonly #answered: Answered = (computed) => {
    this.#cachedShare += SHARE_STEP * ((computed ? 0 : 1) - this.#cachedShare);
  };
}

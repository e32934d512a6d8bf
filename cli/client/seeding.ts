import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Client, ConnectError } from "@connectrpc/connect";
import {
  type AddGarmentsRequest,
  AddGarmentsRequestSchema,
  type AddGarmentsResponse,
  type NewGarmentSchema,
  type WardrobeService,
} from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { isTransient, waitMs } from "./retry.ts";
import { Window } from "./window.ts";

/** A garment to store; the photo is loaded when its turn comes. */
export interface SeedItem {
  key: string;
  load(): Promise<MessageInitShape<typeof NewGarmentSchema>>;
}

/** What became of one item. */
export type Outcome =
  | { kind: "added" | "existed"; key: string; category: string }
  | { kind: "refused"; key: string; reason: string };

export interface SeedingOptions {
  client: Pick<Client<typeof WardrobeService>, "addGarments">;
  items: SeedItem[];
  /** Told once an item. */
  onOutcome(outcome: Outcome): void;
  /** Told when the stream broke and is opened again. */
  onRetry?(error: ConnectError, waitMs: number): void;
  /** Photos sent and not yet answered; default 16. */
  windowSize?: number;
  /** A stream on which nothing comes for so long is given up; default 60,000. */
  silenceMs?: number;
  /** Streams in a row that may end without one answer; default 6. */
  maxAttempts?: number;
  sleep?(ms: number): Promise<void>;
}

/** How often one item is sent again after a transient refusal. */
const ITEM_ATTEMPTS = 4;

/**
 * Store many garments over one stream, which is opened again when it breaks: what was answered is not sent again, and
 * what was stored without an answer is answered as `existed`.
 *
 * @throws ConnectError when the stream cannot be brought to its end.
 */
export async function seedGarments({
  client,
  items,
  onOutcome,
  onRetry = () => {},
  windowSize = 16,
  silenceMs = 60_000,
  maxAttempts = 6,
  sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}: SeedingOptions): Promise<void> {
  const pending = new Map(items.map((item) => [item.key, { item, attempts: 0 }]));
  function settle(outcome: Outcome): void {
    if (pending.delete(outcome.key)) onOutcome(outcome);
  }

  for (let attempt = 0; pending.size > 0; ) {
    const before = pending.size;
    const round = await oneStream();
    if (pending.size === 0) return;
    attempt = pending.size < before ? 1 : attempt + 1;
    if (!isTransient(round) || attempt > maxAttempts) throw round;
    const ms = waitMs(round, attempt);
    onRetry(round, ms);
    await sleep(ms);
  }

  /** Sends what is pending; the error says why something still is. */
  async function oneStream(): Promise<ConnectError> {
    const window = new Window(windowSize);
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new Error(`no answer for ${silenceMs} ms`)), silenceMs);
    let refusal: ConnectError | undefined;
    try {
      for await (const answer of client.addGarments(requests(window), { signal: silence.signal })) {
        timer.refresh();
        window.release();
        refusal = take(answer) ?? refusal;
      }
      return refusal ?? new ConnectError("the stream ended early", 14);
    } catch (error) {
      return ConnectError.from(error);
    } finally {
      clearTimeout(timer);
      window.close();
    }
  }

  async function* requests(window: Window): AsyncGenerator<AddGarmentsRequest> {
    for (const { item } of [...pending.values()]) {
      if (!(await window.acquire())) return;
      const garment = await item.load().catch((error: Error) => error);
      if (garment instanceof Error) {
        window.release();
        settle({ kind: "refused", key: item.key, reason: `cannot be read: ${garment.message}` });
      } else {
        yield create(AddGarmentsRequestSchema, { key: item.key, garment });
      }
    }
  }

  function take({ key, result }: AddGarmentsResponse): ConnectError | undefined {
    if (result.case === "added") {
      const { existed, garment } = result.value;
      settle({ kind: existed ? "existed" : "added", key, category: garment?.category ?? "" });
      return undefined;
    }
    const { code = "unknown", message = "" } = result.value ?? {};
    const error = new ConnectError(message, codeOf(code));
    const state = pending.get(key);
    if (state && isTransient(error) && ++state.attempts < ITEM_ATTEMPTS) return error;
    settle({ kind: "refused", key, reason: `${code}: ${message}` });
    return undefined;
  }
}

const CODES = [
  "canceled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
];

function codeOf(name: string): number {
  return CODES.indexOf(name) + 1 || 2;
}

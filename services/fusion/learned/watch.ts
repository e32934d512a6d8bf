import { setTimeout as delay } from "node:timers/promises";
import type { WatchLearningResponse } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import type { Logger } from "../../kit/log.ts";
import type { Upstreams } from "../upstreams.ts";

/** Who is told what the stream says. */
export interface LearningListener {
  /** A new stream said its first words: what was told before it may be out of date. */
  connected(): void;
  told(message: WatchLearningResponse): void;
  disconnected(): void;
}

export interface WatchOptions {
  feedback: Pick<Upstreams["feedback"], "watchLearning">;
  listener: LearningListener;
  signal: AbortSignal;
  log: Logger;
  /** 0 … 1: spreads the pauses, so that replicas do not come back all at once. Default: Math.random. */
  random?: () => number;
  /** Resolves after so long, rejects when the signal is aborted; default: the real clock. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const FIRST_PAUSE_MS = 100;
/** Until the stream is open all answers do without what was learned, also those right after a start. To ask costs little. */
const LONGEST_PAUSE_MS = 200;

/**
 * Keeps WatchLearning open until the signal is aborted; when it ends it is opened again, after a short pause at first. That Feedback
 * is away is logged once, until it is back.
 */
export async function keepWatching({
  feedback,
  listener,
  signal,
  log,
  random = Math.random,
  wait = (ms, until) => delay(ms, undefined, { signal: until, ref: false }),
}: WatchOptions): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  let told = false;
  while (!signal.aborted) {
    let connected = false;
    let reason: unknown = new Error("Feedback ended the stream");
    try {
      for await (const message of feedback.watchLearning({}, { signal })) {
        if (!connected) {
          connected = true;
          pauseMs = FIRST_PAUSE_MS;
          told = false;
          listener.connected();
          log.info({ event: "learning_connected", seq: message.learnedSeq }, "what is learned is told by Feedback");
        }
        listener.told(message);
      }
    } catch (error) {
      reason = error;
    }
    if (connected) listener.disconnected();
    if (signal.aborted) return;
    if (!told) log.warn({ event: "learning_away", err: reason }, "what is learned is not told: asking until it is");
    told = true;
    try {
      await wait(pauseMs * (0.5 + random() / 2), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

import { Priority } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { currentCall } from "../kit/context.ts";
import type { RunCall } from "./inference/inference.ts";

/** A run for somebody who can always hang up. */
export type EncoderCall = RunCall & {
  signal: AbortSignal;
  /** The work waits for a model now, so the queue knows of it. May be called often. */
  onQueued?: () => void;
};

/** Whom callers without a name count for, all together. */
export const ANONYMOUS = "anonymous";

/** For whom the runs of the call that is being answered are: its deadline, its person, the priority that it asked for. */
export function runCallOf(
  signal: AbortSignal,
  priority: Priority,
  unspecified: Priority = Priority.INTERACTIVE,
): EncoderCall {
  const call = currentCall();
  const asked = priority === Priority.UNSPECIFIED ? unspecified : priority;
  return {
    signal: call ? eitherOf(signal, call.signal) : signal,
    ...(call?.deadline === undefined ? {} : { deadlineMs: call.deadline }),
    priority: asked === Priority.BULK ? "bulk" : "interactive",
    caller: callerOf(call?.claims),
  };
}

/**
 * Of a unary call both are the same one. A signal made of two holds them by weak references, which V8's young collections take
 * for strong ones: all that hangs on a call then lasted until a full collection.
 */
function eitherOf(signal: AbortSignal, other: AbortSignal): AbortSignal {
  return signal === other ? signal : AbortSignal.any([signal, other]);
}

/** The subject of verified claims, which are JSON, plain or as base64url; anonymous for all else. */
export function callerOf(claims: string | undefined): string {
  if (claims === undefined) return ANONYMOUS;
  try {
    const text = claims.startsWith("{") ? claims : Buffer.from(claims, "base64url").toString();
    const { sub } = JSON.parse(text) as { sub?: unknown };
    return typeof sub === "string" && sub !== "" ? sub : ANONYMOUS;
  } catch {
    // Whoever set the header did not mean us; the call is as good without a name.
    return ANONYMOUS;
  }
}

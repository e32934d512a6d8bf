import { randomBytes } from "node:crypto";

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * A span below `parent`: same trace id and flags, new span id. An absent or malformed parent starts a new, unsampled trace.
 * W3C Trace Context, https://www.w3.org/TR/trace-context/#traceparent-header.
 */
export function childSpan(parent: string | null | undefined, random: (bytes: number) => Buffer = randomBytes): string {
  const span = random(8).toString("hex");
  if (!parent || !TRACEPARENT.test(parent)) return `00-${random(16).toString("hex")}-${span}-00`;
  return `${parent.slice(0, 36)}${span}${parent.slice(52)}`;
}

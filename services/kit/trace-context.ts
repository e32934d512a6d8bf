import { randomBytes } from "node:crypto";

/** Version 00 has these four parts; a later version may have more behind them, which we do not pass on. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?<rest>-.*)?$/;

/**
 * A span below `parent`: same trace id and flags, new span id. An absent or malformed parent starts a new, unsampled trace.
 * W3C Trace Context, https://www.w3.org/TR/trace-context/#traceparent-header.
 */
export function childSpan(parent: string | null | undefined, random: (bytes: number) => Buffer = pooledBytes): string {
  const span = random(8).toString("hex");
  const known = TRACEPARENT.exec(parent ?? "");
  if (!known || (parent?.startsWith("00") && known.groups?.rest !== undefined)) {
    return `00-${random(16).toString("hex")}-${span}-00`;
  }
  return `00-${known[1]}-${span}-${known[2]}`;
}

const POOL_BYTES = 8192;
let pool = Buffer.alloc(0);
let taken = 0;

/** Random bytes from a pool, because to ask the system for them costs the same for eight as for thousands. */
function pooledBytes(bytes: number): Buffer {
  if (taken + bytes > pool.length) {
    pool = randomBytes(POOL_BYTES);
    taken = 0;
  }
  taken += bytes;
  return pool.subarray(taken - bytes, taken);
}

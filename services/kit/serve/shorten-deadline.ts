import type { IncomingHttpHeaders } from "node:http2";

const NANOSECONDS: Record<string, number> = { H: 3.6e12, M: 6e10, S: 1e9, m: 1e6, u: 1e3, n: 1 };
/** What is left of a deadline that has passed on the way. */
export const LEAST_MS = 1;
/** The most that gRPC writes in milliseconds, more than a day: from a longer deadline nothing is missed. */
const MOST_MS = 99_999_999;

/**
 * Take `spentMs` from the deadline that the headers of a call name, Connect's or gRPC's, if they name one; 1 ms is
 * left of one that has passed, because connect-es takes 0 for no deadline.
 * What is malformed is left for those who refuse it.
 */
export function shortenDeadline(headers: IncomingHttpHeaders, spentMs: number): void {
  const connect = headers["connect-timeout-ms"];
  if (typeof connect === "string" && /^\d{1,10}$/.test(connect)) {
    headers["connect-timeout-ms"] = String(Math.max(LEAST_MS, Math.ceil(Number(connect) - spentMs)));
  }
  const grpc = headers["grpc-timeout"];
  const [, amount, unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(typeof grpc === "string" ? grpc : "") ?? [];
  if (amount === undefined) return;
  const leftMs = Math.max(LEAST_MS, Math.ceil((Number(amount) * (NANOSECONDS[unit] ?? 0)) / 1e6 - spentMs));
  if (leftMs <= MOST_MS) headers["grpc-timeout"] = `${leftMs}m`;
}

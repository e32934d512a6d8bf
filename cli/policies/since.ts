import { usageError } from "../command.ts";

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * The moment that `--since` names: a date or time ("2026-11-21", "2026-11-21T08:00Z"), or how long ago ("90m", "24h", "7d").
 *
 * @throws a usage error for anything else.
 */
export function parseSince(text: string, nowMs: number): Date {
  const [, count, unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const moment = count === undefined ? new Date(/^\d{4}-/.test(text) ? text : Number.NaN) : agoOf(count, unit, nowMs);
  if (!Number.isNaN(moment.getTime())) return moment;
  throw usageError(`--since: expected a date like 2026-11-21, or how long ago like 90m, 24h or 7d, got ${text}`);
}

function agoOf(count: string, unit: string, nowMs: number): Date {
  return new Date(nowMs - Number(count) * (UNITS[unit] ?? Number.NaN));
}

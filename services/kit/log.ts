import { type Logger, type LoggerOptions as LoggerOptionsOfPino, pino } from "pino";
import { currentCall } from "./context.ts";

export type { Logger } from "pino";

/** What every line of a process carries. */
export interface LoggerOptions {
  service: string;
  /** Least severe level that is written. Default "info". */
  level?: string;
  environment?: string;
  version?: string;
}

/**
 * One JSON line an event on stdout: `time` (ISO 8601), `level`, `service`, `event`, `request_id`, `trace_id`, `msg`.
 * Name the event: `log.info({ event: "applied", seq }, "applied changes")`.
 */
export function createLogger({ service, level = "info", environment, version }: LoggerOptions): Logger {
  const options: LoggerOptionsOfPino = {
    level,
    base: { service, environment, version },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: callIds,
    redact: { paths: ["password", "*.password", "authorization", "*.authorization"], censor: "[redacted]" },
  };
  // Written before the call returns: pino's default is not, and a process that exits loses or turns round its last lines.
  return pino(options, pino.destination({ dest: 1, sync: true }));
}

function callIds(): object {
  const call = currentCall();
  return call ? { request_id: call.requestId, trace_id: call.traceparent.slice(3, 35) } : {};
}

/** Where a figure begins to be worth a look, and where somebody has to act. */
export interface Limit {
  /** Yellow. */
  warning?: number;
  /** Red. */
  critical: number;
  /** Low is bad: a share of successes, a health score. */
  below?: boolean;
}

/** A limit that an alert has too. */
interface AlertLimit extends Limit {
  /** Name of the alert, as in the rules. */
  alert: string;
  warning: number;
}

/** The thresholds of the alert rules, which a test compares: no panel is green while its alert is close. */
export const limits = {
  cpuPercent: { alert: "HighCpu", warning: 80, critical: 90 },
  memoryPercent: { alert: "HighMemory", warning: 90, critical: 95 },
  diskPercent: { alert: "DiskFull", warning: 85, critical: 95 },
  errorRatio: { alert: "HighErrorRate", warning: 0.05, critical: 0.2 },
  successRatio: { alert: "LowSuccessRate", warning: 0.95, critical: 0.8, below: true },
  averageSeconds: { alert: "SlowResponses", warning: 2, critical: 5 },
  p95Seconds: { alert: "SlowP95", warning: 2.5, critical: 5 },
  degradedRatio: { alert: "DegradedAnswers", warning: 0.05, critical: 0.5 },
  breakerActivations: { alert: "CircuitBreakerOpen", warning: 10, critical: 100 },
  faissHealth: { alert: "FaissIndexUnhealthy", warning: 0.9, critical: 0.5, below: true },
  graphRecall: { alert: "LowRecall", warning: 0.9, critical: 0.7, below: true },
  searchSeconds: { alert: "SlowSearch", warning: 0.1, critical: 0.5 },
  redisMemoryRatio: { alert: "RedisMemoryHigh", warning: 0.8, critical: 0.95 },
  connectionRatio: { alert: "PostgresConnectionsHigh", warning: 0.8, critical: 0.95 },
} as const satisfies Record<string, AlertLimit>;

/** Red for 0, green for 1. */
export const downUp: Limit = { critical: 1, below: true };

/** Green for 0, red from 1 on. */
export const noneAllowed: Limit = { critical: 1 };

/** The same limit for a figure in milliseconds. */
export function inMilliseconds({ warning, critical, below }: Limit): Limit {
  return { warning: warning === undefined ? undefined : warning * 1000, critical: critical * 1000, below };
}

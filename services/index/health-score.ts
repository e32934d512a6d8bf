/** Changes behind the log at which freshness has fallen to one half. */
const HALF_FRESH_CHANGES = 100;
const WEIGHTS = { freshness: 0.7, connection: 0.3 } as const;

export interface HealthFacts {
  /** Changes in the log that this replica has not applied, as last seen; 0 or more. */
  lag: number;
  /** Whether the last look at the log succeeded. */
  connected: boolean;
}

/** The parts of the score, each 0 to 1. */
export interface HealthParts {
  /** 1 / (1 + lag / 100). */
  freshness: number;
  /** 1 while the log can be read. */
  connection: number;
}

export function healthParts({ lag, connected }: HealthFacts): HealthParts {
  return { freshness: 1 / (1 + Math.max(0, lag) / HALF_FRESH_CHANGES), connection: connected ? 1 : 0 };
}

/** 0.7 × freshness + 0.3 × connection: 1 is up to date and following, 0.7 is up to date when the log went away. */
export function healthScore(facts: HealthFacts): number {
  const parts = healthParts(facts);
  return WEIGHTS.freshness * parts.freshness + WEIGHTS.connection * parts.connection;
}

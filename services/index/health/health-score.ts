/** What the health of one index is judged by. */
export interface HealthFacts {
  /** Changes in the log that this replica has not applied, as last seen; 0 or more. */
  lag: number;
  /** Whether the last look at the log succeeded. */
  connected: boolean;
  /** Recall of the graph that the measurements still allow (upper end of their interval), 0 to 1; 1 where nothing was measured. */
  recall: number;
  /** Rows in all, dead ones included, and the dead ones among them. */
  rows: number;
  tombstones: number;
  /** Age of the newest snapshot as a multiple of the time between two; 0 where none are written. */
  snapshotsLate: number;
  /** Share of the memory that the process may have which is still free, 0 to 1. */
  memoryFree: number;
  /** Searches of the last minutes, and those that failed through no fault of their callers. */
  searches: number;
  errors: number;
}

/** The parts of the score, each 0 to 1; 1 is well. */
export interface HealthParts {
  /** 1 / (1 + lag / 100). */
  freshness: number;
  /** 1 while the log can be read, otherwise 0. */
  connection: number;
  /** 1 at a recall of 0.95 or more, 0 at 0.5. */
  recall: number;
  /** 1 while at most 0.3 of the rows are dead, 0 when 0.9 are; fewer than 1,200 never count. */
  tombstones: number;
  /** 1 while the newest snapshot is at most two intervals old, 0 from ten on. */
  snapshot: number;
  /** 1 while a tenth of the memory or more is free, 0 when none is. */
  memory: number;
  /** 1 − twice the share of failed searches; fewer than ten searches count as ten. */
  errors: number;
}

export const PART_NAMES: readonly (keyof HealthParts)[] = [
  "freshness",
  "connection",
  "recall",
  "tombstones",
  "snapshot",
  "memory",
  "errors",
];

/** So much of the score a part can take away, when it is 0. Alone, only being behind and failing lead below one half. */
export const COSTS: HealthParts = {
  freshness: 0.7,
  connection: 0.3,
  recall: 0.45,
  tombstones: 0.3,
  snapshot: 0.15,
  memory: 0.45,
  errors: 0.8,
};

const HALF_FRESH_CHANGES = 100;
/** Below 1,000 dead rows nothing is moved together: 0.3 of this many is a little more. */
const MIN_ROWS = 4000;
const MIN_SEARCHES = 10;

export function healthParts(facts: HealthFacts): HealthParts {
  return {
    freshness: 1 / (1 + Math.max(0, facts.lag) / HALF_FRESH_CHANGES),
    connection: facts.connected ? 1 : 0,
    recall: between(0.5, 0.95, facts.recall),
    tombstones: 1 - between(0.3, 0.9, facts.tombstones / Math.max(MIN_ROWS, facts.rows)),
    snapshot: 1 - between(2, 10, facts.snapshotsLate),
    memory: between(0, 0.1, facts.memoryFree),
    errors: 1 - between(0, 0.5, facts.errors / Math.max(MIN_SEARCHES, facts.searches)),
  };
}

/**
 * The product over all parts of 1 − cost × (1 − part): 1 when all is well, and each part can take away its cost at most.
 * 0.7 is a replica that is up to date when its log went away; 0.3 one that is hopelessly behind.
 */
export function healthScore(parts: HealthParts): number {
  return PART_NAMES.reduce((score, name) => score * (1 - COSTS[name] * (1 - parts[name])), 1);
}

/** Where a value lies between two others: 0 at or below the first, 1 at or above the second. */
function between(from: number, to: number, value: number): number {
  return Math.max(0, Math.min(1, (value - from) / (to - from)));
}

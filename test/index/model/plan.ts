import { Dice } from "./dice.ts";
import {
  drawFilter,
  drawItem,
  drawVector,
  INDICES,
  itemIdOf,
  type ModelFilter,
  type ModelItem,
  NO_CONDITION,
  ownersOf,
} from "./items.ts";

/** One call of Search. `pageSize`: in pages of so many instead of at once. */
export interface SearchCall {
  queries: { index: string; vector: Float32Array }[];
  k: number;
  filter: ModelFilter;
  minScore?: number;
  exact: boolean;
  pageSize?: number;
}

export type Operation =
  | { kind: "upsert"; items: ModelItem[] }
  | { kind: "delete"; itemIds: string[] }
  | { kind: "delete-owner"; ownerId: string }
  | { kind: "searches"; calls: SearchCall[] }
  | { kind: "glimpse"; call: SearchCall }
  | { kind: "range"; call: SearchCall }
  | { kind: "gets"; itemIds: string[] }
  | { kind: "list"; filter: ModelFilter; pageSize: number; withEmbeddings: boolean }
  | { kind: "snapshot" | "compact" | "restore" };

export const FAULTS = {
  /** kill -9 of a replica, which starts again. */
  kill: 5,
  /** The same, and a bit of its snapshots is turned over before it starts again. */
  damage: 2,
  /** SIGTERM, and a start. */
  restart: 2,
  /** One replica more, as far as there may be more. */
  join: 2,
  /** One replica less, as long as one is left. */
  leave: 1,
  /** kill -9 of PostgreSQL, which starts again. */
  "postgres-kill": 1,
  "postgres-restart": 1,
} as const;

export interface Fault {
  kind: keyof typeof FAULTS;
  /** When so much of the round is done, 0 to 1. */
  after: number;
  /** Which replica, as a number to choose by. */
  replica: number;
}

/** What happens between two points at which everything is compared. */
export interface Round {
  /** Each lane works through its list on items of its own, all lanes at once. */
  lanes: Operation[][];
  fault?: Fault;
  /** Asked when all lanes are done, over all items. */
  quiet: SearchCall[];
  /** Compare all items on all replicas afterwards. */
  audit: boolean;
}

export interface PlanSettings {
  seed: number;
  lanes: number;
  /** Ids of each lane. */
  ids: number;
  /** Operations of each lane in a round. */
  steps: number;
  /** Probability of a fault in a round. */
  faults: number;
}

const WEIGHTS = {
  upsert: 40,
  delete: 10,
  "delete-owner": 1,
  searches: 30,
  glimpse: 5,
  range: 3,
  gets: 8,
  list: 3,
  snapshot: 0.4,
  compact: 0.3,
  restore: 0.2,
} as const;

/** Round `round` of a seed: depends on nothing else, so that a run can be had again. */
export function planRound(settings: PlanSettings, round: number): Round {
  const { seed, lanes, steps, faults } = settings;
  const dice = new Dice(seed, round, 0x0a);
  const everybody = ["", ...Array.from({ length: lanes }, (_, lane) => ownersOf(lane)).flat()];
  const anyId = () => itemIdOf(dice.whole(0, lanes - 1), dice.whole(0, settings.ids - 1));
  return {
    lanes: Array.from({ length: lanes }, (_, lane) => {
      const own = new Dice(seed, round, 0x0b, lane);
      return Array.from({ length: steps }, (_, step) => drawOperation(own, settings, { round, lane, step }, everybody));
    }),
    ...(dice.chance(faults) && {
      fault: { kind: dice.weighted(FAULTS), after: dice.unit(), replica: dice.whole(0, 999) },
    }),
    quiet: Array.from({ length: 16 }, () => drawSearch(dice, everybody, anyId, WIDE)),
    audit: round % 25 === 24,
  };
}

/** How many operations those are: each item written, each vector asked for, each call of another kind is one. */
export function operationsIn(round: Round): number {
  const searched = (call: SearchCall) => call.queries.length;
  const one = (operation: Operation): number => {
    if (operation.kind === "upsert") return operation.items.length;
    if (operation.kind === "delete" || operation.kind === "gets") return operation.itemIds.length;
    if (operation.kind === "searches") return sum(operation.calls.map(searched));
    if (operation.kind === "glimpse") return searched(operation.call);
    return 1;
  };
  return sum(round.lanes.flat().map(one)) + sum(round.quiet.map(searched)) + (round.fault ? 1 : 0);
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function drawOperation(
  dice: Dice,
  { ids }: PlanSettings,
  { round, lane, step }: { round: number; lane: number; step: number },
  everybody: string[],
): Operation {
  // Few ids are written often, so that versions, deletes and searches meet.
  const anyId = () => itemIdOf(lane, Math.floor(dice.unit() ** 2 * ids));
  const owners = ownersOf(lane);
  const idList = (most: number) => Array.from({ length: dice.whole(1, most) }, anyId);
  const kind = dice.weighted(WEIGHTS);
  switch (kind) {
    case "upsert": {
      const items = Array.from({ length: dice.chance(0.3) ? 1 : dice.whole(2, 20) }, (_, n) =>
        drawItem(dice, lane, anyId(), `${round}-${lane}-${step}-${n}`),
      );
      return { kind, items };
    }
    case "delete":
    case "gets":
      return { kind, itemIds: idList(8) };
    case "delete-owner":
      return { kind, ownerId: dice.one(owners) };
    case "searches":
      return { kind, calls: Array.from({ length: dice.whole(1, 6) }, () => drawSearch(dice, owners, anyId)) };
    case "glimpse":
      return { kind, call: { ...drawSearch(dice, everybody, anyId, WIDE), pageSize: undefined } };
    case "range": {
      const call = drawSearch(dice, owners, anyId);
      return { kind, call: { ...call, queries: call.queries.slice(0, 1) } };
    }
    case "list":
      return {
        kind,
        filter: drawFilter(dice, owners, anyId),
        pageSize: dice.whole(1, 60),
        withEmbeddings: dice.chance(0.3),
      };
    default:
      return { kind };
  }
}

/** Of the searches over everybody's items so many leave nearly all of them: those a graph may answer. */
const WIDE = 0.7;

/** `wide`: probability of a filter that leaves all items of these owners, but for a few ids. */
function drawSearch(dice: Dice, owners: readonly string[], anyId: () => string, wide = 0): SearchCall {
  const queries = Array.from({ length: dice.one([1, 1, 1, 2, 3, 3]) }, () => {
    const shape = dice.one(INDICES);
    return { index: shape.index, vector: drawVector(dice, shape) };
  });
  const paged = dice.chance(0.08);
  const filter = drawFilter(dice, owners, anyId);
  const { excludeItemIds } = filter;
  return {
    queries,
    k: paged ? dice.whole(20, 60) : dice.chance(0.05) ? 1000 : dice.whole(1, 30),
    filter: dice.chance(wide) ? { ...NO_CONDITION, ownerIds: [...owners], excludeItemIds } : filter,
    ...(dice.chance(0.15) && { minScore: Math.fround(dice.whole(-4, 3) / 4) }),
    exact: dice.chance(0.3),
    ...(paged && { pageSize: dice.whole(5, 20) }),
  };
}

import { Action } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { Dice } from "../../index/model/dice.ts";

/** An event as a lane sends it; its times are whole seconds, so that they come back as they were. */
export interface PlannedEvent {
  eventId: string;
  userId: string;
  itemId: string;
  action: Action;
  rating: number;
  recommendationId: string;
  /** Seconds before the run's beginning; late events have large ones. */
  ageSeconds: number;
}

export type Operation =
  /** One call, or one stream. */
  | { kind: "events" | "stream"; events: PlannedEvent[] }
  /** What was sent before, once more. */
  | { kind: "repeat"; events: PlannedEvent[] }
  /** A new event beside one whose id stands for something else: neither may be kept. */
  | { kind: "conflict"; fresh: PlannedEvent; taken: PlannedEvent }
  | { kind: "recommend"; id: string; userId: string; itemIds: string[] }
  | { kind: "reset"; userId: string };

export const FAULTS = {
  /** kill -9 of the replica that does not learn, and of the one that may. */
  service: 3,
  learner: 4,
  postgres: 2,
  /** kill -9 of Envoy: every connection is cut, on both sides. */
  network: 2,
} as const;

export interface Round {
  /** Each lane works through its list, for people of its own, all lanes at once. */
  lanes: Operation[][];
  fault?: { kind: keyof typeof FAULTS; after: number };
}

export interface PlanSettings {
  seed: number;
  lanes: number;
  /** People of each lane. */
  people: number;
  /** Operations of each lane in a round. */
  steps: number;
  /** Probability of a fault in a round. */
  faults: number;
}

const KINDS = { events: 50, stream: 10, repeat: 12, conflict: 8, recommend: 18, reset: 2 } as const;
const ACTIONS = [
  ...[Action.LIKE, Action.LIKE, Action.DISLIKE, Action.WEAR, Action.SKIP, Action.SAVE],
  ...[Action.PURCHASE, Action.RATE, Action.WEAR_OUTFIT, Action.CORRECT],
] as const;

/** Plans rounds one after the other: what is repeated was sent before. The same seed plans the same rounds. */
export class Plan {
  readonly #settings: PlanSettings;
  readonly #sent: PlannedEvent[][];
  readonly #shown: { id: string; userId: string; itemIds: string[] }[][];
  #round = 0;
  #serial = 0;

  constructor(settings: PlanSettings) {
    this.#settings = settings;
    this.#sent = Array.from({ length: settings.lanes }, () => []);
    this.#shown = Array.from({ length: settings.lanes }, () => []);
  }

  next(): Round {
    const { seed, lanes, steps, faults } = this.#settings;
    const round = this.#round++;
    const dice = new Dice(seed, round, 1);
    return {
      lanes: Array.from({ length: lanes }, (_, lane) => {
        const own = new Dice(seed, round, 2, lane);
        return Array.from({ length: steps }, () => this.#operation(own, lane));
      }),
      ...(dice.chance(faults) && { fault: { kind: dice.weighted(FAULTS), after: dice.unit() } }),
    };
  }

  #operation(dice: Dice, lane: number): Operation {
    const sent = this.#sent[lane]!;
    const kind = dice.weighted(KINDS);
    if (kind === "recommend") {
      const itemIds = Array.from({ length: dice.whole(2, 12) }, (_, n) => `i-${(dice.whole(0, 20) * 12 + n) % 240}`);
      const shown = { id: `r-${this.#serial++}`, userId: this.#person(dice, lane), itemIds: [...new Set(itemIds)] };
      this.#shown[lane]!.push(shown);
      return { kind, ...shown };
    }
    if (kind === "reset") return { kind, userId: this.#person(dice, lane) };
    if (sent.length > 0 && kind === "repeat") {
      return { kind, events: [...new Set(Array.from({ length: dice.whole(1, 20) }, () => dice.one(sent)))] };
    }
    if (sent.length > 0 && kind === "conflict") {
      const taken = dice.one(sent);
      return { kind, fresh: this.#event(dice, lane), taken: { ...taken, itemId: `${taken.itemId}-other` } };
    }
    const count = kind === "stream" ? dice.whole(5, 60) : dice.chance(0.5) ? 1 : dice.whole(2, 40);
    const events = Array.from({ length: count }, () => this.#event(dice, lane));
    sent.push(...events);
    return { kind: kind === "stream" ? "stream" : "events", events };
  }

  #event(dice: Dice, lane: number): PlannedEvent {
    const action = dice.one(ACTIONS);
    const rating = action === Action.RATE ? dice.whole(1, 5) : 0;
    const ageSeconds = dice.chance(0.2) ? dice.whole(1, 1_000_000) : 0;
    const base = { eventId: `e-${this.#serial++}`, action, rating, ageSeconds };
    const shown = this.#shown[lane]!;
    if (shown.length > 0 && dice.chance(0.6)) {
      const { id, userId, itemIds } = dice.one(shown.slice(-20));
      return { ...base, userId, itemId: dice.one(itemIds), recommendationId: id };
    }
    const itemId = `i-${dice.whole(0, 239)}`;
    return { ...base, userId: this.#person(dice, lane), itemId, recommendationId: "" };
  }

  #person(dice: Dice, lane: number): string {
    return `l${lane}-p${dice.whole(0, this.#settings.people - 1)}`;
  }
}

/** Events that a round sends, those that are sent again or refused included. */
export function eventsIn({ lanes }: Round): number {
  const count = (operation: Operation) =>
    "events" in operation ? operation.events.length : operation.kind === "conflict" ? 2 : 0;
  return lanes.flat().reduce((sum, operation) => sum + count(operation), 0);
}

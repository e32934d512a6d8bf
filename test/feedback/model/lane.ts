import { Code, ConnectError } from "@connectrpc/connect";
import type { Event, StreamEventsResponse } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { DEFAULT_PRIORS } from "../../../services/feedback/learning/default-priors.ts";
import { bytesFromFloats } from "../../../services/kit/vector.ts";
import { again } from "../../support/calls.ts";
import type { FeedbackCluster } from "./cluster.ts";
import type { Operation, PlannedEvent } from "./plan.ts";

/** Codes that say "not now": with a fault under way, and never without one for long. */
const AWAY: readonly Code[] = [Code.Unavailable, Code.DeadlineExceeded, Code.Canceled, Code.Aborted];
const ATTEMPTS = 400;

/** A caller with people of its own, who sends everything until it is answered, and knows what must be there then. */
export class Lane {
  /** By event id. */
  readonly kept = new Map<string, PlannedEvent>();
  readonly recommendations = new Set<string>();
  readonly resets = new Set<string>();
  readonly counts: Record<string, number> = {};
  readonly differences: string[] = [];
  readonly #cluster: FeedbackCluster;
  readonly #began: number;

  /** @param began seconds since 1970 */
  constructor(cluster: FeedbackCluster, began: number) {
    this.#cluster = cluster;
    this.#began = began;
  }

  async run(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case "events":
      case "repeat":
        return this.#record(operation.events);
      case "stream":
        return this.#stream(operation.events);
      case "conflict":
        return this.#conflict([operation.fresh, operation.taken]);
      case "recommend":
        return this.#recommend(operation);
      case "reset":
        await this.#ask((client) => client.resetProfile({ userId: operation.userId }));
        this.resets.add(operation.userId);
        return;
    }
  }

  /** What an event of the log must look like. */
  expected({ ageSeconds, ...event }: PlannedEvent): object {
    return { ...event, occurredAt: { seconds: BigInt(this.#began - ageSeconds), nanos: 0 } };
  }

  /** Repeat a call until it is answered. */
  #ask<T>(call: (client: FeedbackCluster["client"]) => Promise<T>): Promise<T> {
    const between = () => {
      this.#count("calls sent again");
      return this.#cluster.calm();
    };
    return again(() => call(this.#cluster.client), { after: AWAY, attempts: ATTEMPTS, between });
  }

  async #record(events: PlannedEvent[]): Promise<void> {
    const messages = events.map((event) => this.expected(event));
    const { recorded, duplicates } = await this.#ask((client) => client.recordEvents({ events: messages }));
    if (recorded + duplicates !== events.length)
      this.#differs(`${recorded} + ${duplicates} of ${events.length} events`);
    const known = events.filter(({ eventId }) => this.kept.has(eventId)).length;
    if (duplicates < known) this.#differs(`${duplicates} duplicates, expected ${known} at least`);
    this.#keep(events);
  }

  async #stream(events: PlannedEvent[]): Promise<void> {
    const answers = await this.#ask(async (client) => {
      const requests = events.map((event) => ({ event: this.expected(event) }));
      const got: StreamEventsResponse[] = [];
      async function* source() {
        yield* requests;
      }
      for await (const answer of client.streamEvents(source())) got.push(answer);
      return got;
    });
    const ids = answers.map(({ eventId, recorded, duplicate }) => (recorded || duplicate ? eventId : "refused"));
    if (ids.join() !== events.map(({ eventId }) => eventId).join())
      this.#differs(`a stream was answered ${ids.join()}`);
    this.#keep(events);
  }

  async #conflict(events: [fresh: PlannedEvent, taken: PlannedEvent]): Promise<void> {
    const messages = events.map((event) => this.expected(event));
    try {
      await this.#ask((client) => client.recordEvents({ events: messages }));
      this.#differs(`${events[1].eventId} was taken for something else, and nobody said so`);
    } catch (error) {
      if (ConnectError.from(error).code !== Code.AlreadyExists) throw error;
      this.#count("conflicts refused");
    }
  }

  async #recommend({ id, userId, itemIds }: Extract<Operation, { kind: "recommend" }>): Promise<void> {
    const length = DEFAULT_PRIORS["item/1"]!.mean.length;
    const seed = Number(id.slice(2));
    const items = itemIds.map((itemId, place) => ({
      itemId,
      score: 1 / (place + 1),
      propensity: 1,
      category: ["top", "shoes"][place % 2]!,
      colour: ["red", "blue", "green"][place % 3]!,
      features: bytesFromFloats(Float32Array.from({ length }, (_, at) => Math.sin(seed * 3 + place * 7 + at))),
    }));
    const recommendation = { id, userId, kind: "home", policy: "adaptive", layout: "item/1", items };
    if (seed % 2 === 0) {
      await this.#ask((client) => client.recordRecommendation({ recommendation }));
    } else {
      const recommendations = [recommendation, recommendation];
      const { recorded } = await this.#ask((client) => client.recordRecommendations({ recommendations }));
      const refused = recorded.find(({ code }) => code !== "");
      if (recorded.length !== 2 || refused) this.#differs(`${id} was refused: ${refused?.message}`);
    }
    this.recommendations.add(id);
  }

  /** Ask for everything of a person, and compare. */
  async compare(userId: string): Promise<void> {
    const listed: Event[] = [];
    for (let pageToken = ""; ; ) {
      const page = await this.#ask((client) => client.listEvents({ userId, pageSize: 1000, pageToken }));
      listed.push(...page.events);
      pageToken = page.nextPageToken;
      if (pageToken === "") break;
    }
    const own = [...this.kept.values()].filter((event) => event.userId === userId);
    const text = (event: object) =>
      JSON.stringify(event, (_, value) => (typeof value === "bigint" ? `${value}` : value));
    const flat = ({ eventId, userId, itemId, action, rating, recommendationId, occurredAt }: Event) =>
      text({ eventId, userId, itemId, action, rating, recommendationId, at: occurredAt?.seconds });
    const wanted = ({ eventId, userId, itemId, action, rating, recommendationId, ageSeconds }: PlannedEvent) =>
      text({ eventId, userId, itemId, action, rating, recommendationId, at: BigInt(this.#began - ageSeconds) });
    const [got, expected] = [listed.map(flat).sort(), own.map(wanted).sort()];
    if (got.join("\n") !== expected.join("\n")) {
      this.#differs(`${userId} has ${got.length} events in the log, expected ${expected.length}, or others`);
    }
    const { profile } = await this.#ask((client) => client.getProfile({ userId }));
    const count = Number(profile?.eventCount);
    const wrong = this.resets.has(userId) ? count > own.length : count !== own.length;
    if (wrong) this.#differs(`${userId}'s profile rests on ${count} events, expected ${own.length}`);
    this.#count("people compared");
  }

  #keep(events: PlannedEvent[]): void {
    for (const event of events) this.kept.set(event.eventId, event);
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  #differs(what: string): void {
    this.differences.push(what);
  }
}

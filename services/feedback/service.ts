import type { ServiceImpl } from "@connectrpc/connect";
import type { Sql } from "postgres";
import { Counter, type Registry } from "prom-client";
import { Action, type Event, type FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { databaseErrors } from "../kit/database.ts";
import { alreadyExists, type FieldViolation, invalidArgument, invalidArguments } from "../kit/errors.ts";
import { requireStorable, unstorable } from "../kit/storable-text.ts";
import { EventConflict, type SentEvent } from "./event.ts";
import { listEvents, recordEvents } from "./event-store.ts";
import { eventMicros, timestampFromMicros } from "./event-time.ts";
import { readPageToken, writePageToken } from "./page-token.ts";
import { readTaste } from "./profile-store.ts";

const DEFAULT_PAGE = 100;
const LIKES = [Action.LIKE, Action.WEAR, Action.SAVE, Action.PURCHASE];
const LISTED_ITEMS = 100;
/** Before anything is learned every model has the same share. */
const DEFAULT_WEIGHTS = { clip: 1 / 3, blip: 1 / 3, fashion: 1 / 3 };

export interface FeedbackServiceOptions {
  sql: Sql;
  metrics: Registry;
  /** How far ahead of our clock an event may lie. */
  maxAheadMs: number;
  /** Epoch milliseconds; default: the system's clock. */
  nowMs?: () => number;
}

/** Answer FeedbackService RPCs from the events in PostgreSQL. */
export function createFeedbackService(options: FeedbackServiceOptions): Partial<ServiceImpl<typeof FeedbackService>> {
  const { sql, metrics, maxAheadMs, nowMs = Date.now } = options;
  const counted = new Counter({
    name: "feedback_events_total",
    help: "events that were sent and accepted",
    labelNames: ["result"],
    registers: [metrics],
  });
  return {
    async recordEvents({ events }) {
      const now = nowMs();
      const sent = parseEvents(events, now, maxAheadMs);
      try {
        const answer = await databaseErrors(() => recordEvents(sql, sent, BigInt(now) * 1000n));
        counted.inc({ result: "recorded" }, answer.recorded);
        counted.inc({ result: "duplicate" }, answer.duplicates);
        return answer;
      } catch (error) {
        throw error instanceof EventConflict ? alreadyExists(error.message) : error;
      }
    },

    async listEvents({ userId, pageSize, pageToken }) {
      requireStorable({ user_id: userId });
      const after = pageToken ? readPageToken(pageToken, userId) : undefined;
      if (pageToken && !after) {
        throw invalidArgument("page_token", "must be the next_page_token of a page of the same person");
      }
      const size = pageSize || DEFAULT_PAGE;
      const found = await databaseErrors(() => listEvents(sql, userId, after, size + 1));
      const page = found.slice(0, size);
      const last = page.at(-1);
      return {
        events: page.map(({ eventId, userId, itemId, action, recommendationId, occurredAtMicros }) => ({
          eventId,
          userId,
          itemId,
          action,
          recommendationId,
          occurredAt: timestampFromMicros(occurredAtMicros),
        })),
        nextPageToken: last && found.length > size ? writePageToken(last, userId) : "",
      };
    },

    async getProfile({ userId }) {
      requireStorable({ user_id: userId });
      const taste = await databaseErrors(() => readTaste(sql, userId, { likes: LIKES, limit: LISTED_ITEMS }));
      return { profile: { userId, modelWeights: DEFAULT_WEIGHTS, ...taste } };
    },
  };
}

function parseEvents(events: Event[], nowMs: number, maxAheadMs: number): SentEvent[] {
  const violations: FieldViolation[] = [];
  const parsed = events.map(({ eventId, userId, itemId, action, recommendationId, occurredAt }, at): SentEvent => {
    const field = `events[${at}]`;
    const ids = { [`${field}.event_id`]: eventId, [`${field}.user_id`]: userId, [`${field}.item_id`]: itemId };
    violations.push(...unstorable({ ...ids, [`${field}.recommendation_id`]: recommendationId }));
    let occurredAtMicros: bigint | undefined;
    try {
      occurredAtMicros = occurredAt && eventMicros(occurredAt, nowMs, maxAheadMs);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      violations.push({ field: `${field}.occurred_at`, description: error.message });
    }
    return { eventId, userId, itemId, action, recommendationId, occurredAtMicros };
  });
  if (violations.length > 0) throw invalidArguments(violations);
  return parsed;
}

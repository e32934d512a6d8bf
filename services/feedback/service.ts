import type { ServiceImpl } from "@connectrpc/connect";
import type { Sql } from "postgres";
import type { FeedbackService, Recommendation } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { databaseErrors } from "../kit/database.ts";
import { invalidArgument, notFound } from "../kit/errors.ts";
import { requireStorable } from "../kit/storable-text.ts";
import type { LearningWatch } from "./learner/learning-watch.ts";
import { readCommon } from "./learner/read-common.ts";
import { readStatus } from "./learner/status.ts";
import { eventMessage } from "./log/event-message.ts";
import { listEvents } from "./log/list-events.ts";
import type { LogWriter } from "./log/log-writer.ts";
import { readPageToken, writePageToken } from "./log/page-token.ts";
import { parseEvents } from "./log/parse-events.ts";
import { sentRecommendation } from "./log/recommendation.ts";
import { recordRecommendations } from "./log/record-recommendations.ts";
import { parseStreamed, streamEvents } from "./log/stream-events.ts";
import { erasePerson } from "./person/erase.ts";
import { exportPerson } from "./person/export.ts";
import { policyMessages } from "./policies/list-policies.ts";
import { setRollout, UnknownPolicy } from "./policies/rollout-store.ts";
import { Profiles, resetProfile } from "./profiles/profile.ts";

const DEFAULT_PAGE = 100;
/** How far the sum of shares may be from 100: 33.33 three times is meant to be all. */
const SHARE_SLACK = 0.05;

export interface FeedbackServiceOptions {
  sql: Sql;
  writer: LogWriter;
  watch: LearningWatch;
  /** How far ahead of our clock an event may lie. */
  maxAheadMs: number;
  /** Epoch milliseconds; default: the system's clock. */
  nowMs?: () => number;
}

/** Answer FeedbackService RPCs from the log and what was learned from it, both in PostgreSQL. */
export function createFeedbackService(
  options: FeedbackServiceOptions,
): Omit<ServiceImpl<typeof FeedbackService>, "evaluate"> {
  const { sql, writer, watch, maxAheadMs, nowMs = Date.now } = options;
  const profiles = new Profiles(sql);
  const listPolicies = async () => {
    const [{ common }, { lag }] = await Promise.all([readCommon(sql), readStatus(sql)]);
    return { policies: await policyMessages(sql, common), learnerLag: lag };
  };
  return {
    recordEvents({ events }) {
      return writer.recordEvents(parseEvents(events, (at) => `events[${at}]`, nowMs(), maxAheadMs));
    },

    streamEvents(requests) {
      return streamEvents(requests, writer, (event) => parseStreamed(event, nowMs(), maxAheadMs));
    },

    async recordRecommendation({ recommendation }) {
      if (recommendation === undefined) throw invalidArgument("recommendation", "value is required");
      return { existed: await writer.recordRecommendation(sentRecommendation(recommendation, nowMs(), maxAheadMs)) };
    },

    recordRecommendations({ recommendations }) {
      const parse = (one: Recommendation) => sentRecommendation(one, nowMs(), maxAheadMs);
      return recordRecommendations(recommendations, writer, parse);
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
        events: page.map(eventMessage),
        nextPageToken: last && found.length > size ? writePageToken(last, userId) : "",
      };
    },

    async getProfile({ userId }) {
      requireStorable({ user_id: userId });
      return { profile: await databaseErrors(() => profiles.read(userId)) };
    },

    async resetProfile({ userId }) {
      requireStorable({ user_id: userId });
      return databaseErrors(async () => {
        await resetProfile(sql, userId);
        return { profile: await profiles.read(userId) };
      });
    },

    async *exportPerson({ userId }) {
      requireStorable({ user_id: userId });
      yield* exportPerson(sql, profiles, userId);
    },

    async erasePerson({ userId }) {
      requireStorable({ user_id: userId });
      return { removed: await databaseErrors(() => erasePerson(sql, userId)) };
    },

    watchLearning(_request, { signal }) {
      return watch.watch(signal);
    },

    listPolicies: () => databaseErrors(listPolicies),

    async setRollout({ shares }) {
      const given = Object.entries(shares);
      for (const [name, share] of given) {
        if (!(share >= 0 && share <= 100)) {
          throw invalidArgument(`shares[${JSON.stringify(name)}]`, `must be 0 to 100 percent (got ${share})`);
        }
      }
      const sum = given.reduce((total, [, share]) => total + share, 0);
      if (Math.abs(sum - 100) > SHARE_SLACK) throw invalidArgument("shares", `must sum to 100 percent (got ${sum})`);
      try {
        await databaseErrors(() => setRollout(sql, new Map(given)));
      } catch (error) {
        throw error instanceof UnknownPolicy ? notFound(error.message) : error;
      }
      return { policies: (await databaseErrors(listPolicies)).policies };
    },
  };
}

import type { Belief, CommonLearning, Profile } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import type { Logger } from "../../kit/log.ts";
import { commonOf, personOf } from "../ranking/messages.ts";
import type { PolicyName, RankCommon, RankPerson } from "../ranking/rank-types.ts";
import { askFeedback, type Upstreams } from "../upstreams.ts";
import type { LearnedMetrics } from "./learned-metrics.ts";
import { leadingPolicy, readPolicy } from "./policies.ts";
import { Profiles } from "./profiles.ts";
import { keepWatching } from "./watch.ts";

/** What is believed of one person. */
export interface LearnedPerson {
  rank: RankPerson;
  /** The person's own; undefined: Feedback did not say. */
  policy: PolicyName | undefined;
  liked: ReadonlySet<string>;
  /** What they disliked or skipped last, newest first. */
  disliked: readonly string[];
}

/** What is believed of everybody. */
export interface LearnedCommon {
  rank: RankCommon;
  /** The policy that most people get; undefined: none is known here. */
  leading: PolicyName | undefined;
  /** The most popular items, at most 500, best first. */
  popular: readonly string[];
}

/** A replica of what Feedback has learned. */
export interface Learned {
  /** Undefined: Feedback has not said anything yet. */
  common(): LearnedCommon | undefined;
  /** Errors: whatever Feedback answers, also that it takes longer than `timeoutMs`. */
  person(userId: string, timeoutMs: number): Promise<LearnedPerson>;
  /** This person was erased: nothing of theirs is kept. */
  forget(userId: string): void;
  /** Follows what is learned until the signal is aborted. */
  follow(signal: AbortSignal): Promise<void>;
}

export interface LearnedOptions {
  feedback: Pick<Upstreams["feedback"], "getProfile" | "watchLearning">;
  metrics: LearnedMetrics;
  log: Logger;
  /** Memory for profiles, bytes by estimate. */
  cacheBytes: number;
  /** How long a profile is good for while Feedback does not tell of changes, milliseconds. */
  maxAgeMs: number;
  /** Nothing that belongs to this person may be kept; without a name: to anybody, because who was erased meanwhile is not known. */
  onErased: (userId?: string) => void;
  /** Milliseconds of any clock that does not go back. */
  nowMs?: () => number;
}

/**
 * Keeps what Feedback tells: of everybody by its stream, of single people as they are asked for. The stream also says whose
 * profile changed, so that a profile is asked for once and not with every call.
 */
export function createLearned(options: LearnedOptions): Learned {
  const { feedback, metrics, log, cacheBytes, maxAgeMs, onErased, nowMs = () => performance.now() } = options;
  let common: LearnedCommon | undefined;
  let priors: readonly Belief[] = [];
  const profiles = new Profiles<LearnedPerson>({
    async fetch(userId, timeoutMs) {
      const { profile } = await askFeedback(() => feedback.getProfile({ userId }, { timeoutMs }));
      if (profile === undefined) throw new TypeError("expected a profile from Feedback, got none");
      return profile;
    },
    digest: (profile) => digestPerson(profile, common?.rank),
    maxBytes: cacheBytes,
    maxAgeMs,
    nowMs,
    counted: metrics.profile,
  });
  metrics.cached(() => profiles.size);
  const forget = (userId: string) => {
    profiles.changed([userId]);
    onErased(userId);
  };
  return {
    common: () => common,
    person: (userId, timeoutMs) => profiles.get(userId, timeoutMs),
    forget,
    follow: (signal) =>
      keepWatching({
        feedback,
        signal,
        log,
        listener: {
          connected() {
            profiles.connected();
            onErased();
            metrics.connected(true);
          },
          told(message) {
            if (message.common !== undefined) {
              // What a profile leaves out is the prior's.
              if (!samePriors(priors, message.common.priors)) profiles.connected();
              priors = message.common.priors;
              common = digestCommon(message.common);
            }
            profiles.changed(message.changedUserIds);
            for (const userId of message.erasedUserIds) forget(userId);
            metrics.told(message.learnedSeq);
          },
          disconnected() {
            profiles.disconnected();
            metrics.connected(false);
          },
        },
      }),
  };
}

function digestPerson(profile: Profile, common: RankCommon | undefined): LearnedPerson {
  return {
    rank: personOf(profile, common),
    policy: readPolicy(profile.policy),
    liked: new Set(profile.likedItemIds),
    disliked: profile.dislikedItemIds,
  };
}

const MOST_POPULAR = 500;

function digestCommon(common: CommonLearning): LearnedCommon {
  const rank = commonOf(common);
  const popular = [...rank.popularity]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, MOST_POPULAR)
    .map(([id]) => id);
  return { rank, leading: leadingPolicy(common.policies), popular };
}

function samePriors(some: readonly Belief[], others: readonly Belief[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ layout, mean, covariance }, at) => {
      const other = others[at];
      return (
        other?.layout === layout &&
        Buffer.compare(mean, other.mean) === 0 &&
        Buffer.compare(covariance, other.covariance) === 0
      );
    })
  );
}

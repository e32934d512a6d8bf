import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Sql } from "postgres";
import type { WatchLearningResponseSchema } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { databaseErrors, isDatabaseAway } from "../../kit/database.ts";
import { unavailable } from "../../kit/errors.ts";
import type { Logger } from "../../kit/log.ts";
import { Waker } from "../../kit/waker.ts";
import { LEARNED } from "./learned-store.ts";
import { readCommonLearning } from "./read-common.ts";

type Message = MessageInitShape<typeof WatchLearningResponseSchema>;

/** Channel of NOTIFY: a person was erased, or began anew; the payload is who. */
export const PERSON_CHANGED = "feedback_person";
/** Channel of NOTIFY: a person was erased; the payload is who. */
export const PERSON_ERASED = "feedback_erased";

/** People of one message. */
const MOST_PEOPLE = 10_000;
/** People that a slow reader may be behind. */
const MOST_BEHIND = 100_000;

/** What one watcher was not told yet. */
interface Mailbox {
  /** Whose profile changed, and whether they were erased. */
  people: Map<string, boolean>;
  /** Whether what is common changed: "soon" may wait. */
  common: "as told" | "soon" | "now";
  failure: Error | undefined;
  waker: Waker;
}

export interface LearningWatchOptions {
  sql: Sql;
  log: Pick<Logger, "warn">;
  /** Shortest time between two messages with what is common to all people. */
  commonEveryMs: number;
  nowMs?: () => number;
}

/**
 * Tells watchers what was learned, whichever replica learned it: learners and operators tell through NOTIFY. After a lost
 * connection nobody knows what was missed: then the streams end, and whoever watches begins anew. Watchers of the replica that
 * records events hear of their people at once, however far behind the learner is.
 */
export class LearningWatch {
  readonly #options: LearningWatchOptions;
  readonly #mailboxes = new Set<Mailbox>();
  #seenSeq: bigint | undefined;
  #reading = false;
  #again = false;

  constructor(options: LearningWatchOptions) {
    this.#options = options;
  }

  /** Begin to listen. Made outside of calls: the connection belongs to none. */
  start(): void {
    const { sql, log } = this.#options;
    const failed = (error: unknown) =>
      log.warn({ event: "listen_failed", err: error }, "watchers are not told until it works");
    let listened = false;
    const onListen = () => {
      if (listened) this.#endAll();
      listened = true;
    };
    sql.listen(LEARNED, (payload) => this.#changed(payload === "rollout"), onListen).catch(failed);
    sql.listen(PERSON_CHANGED, (userId) => this.tell([userId])).catch(failed);
    sql.listen(PERSON_ERASED, (userId) => this.tell([userId], true)).catch(failed);
  }

  /** First everything that is common, then every change, until `signal` is aborted. */
  async *watch(signal: AbortSignal): AsyncGenerator<Message, void> {
    const { sql, commonEveryMs, nowMs = Date.now } = this.#options;
    const mailbox: Mailbox = { people: new Map(), common: "as told", failure: undefined, waker: new Waker() };
    this.#mailboxes.add(mailbox);
    try {
      let { seq, common } = await databaseErrors(() => readCommonLearning(sql));
      // Who changed before that was told to nobody here.
      mailbox.people.clear();
      this.#seenSeq ??= seq;
      yield { common, learnedSeq: seq };
      for (let commonAt = nowMs(); !signal.aborted; ) {
        if (mailbox.failure) throw mailbox.failure;
        const due = { "as told": Number.POSITIVE_INFINITY, soon: commonAt + commonEveryMs - nowMs(), now: 0 }[
          mailbox.common
        ];
        if (mailbox.people.size === 0 && due > 0) {
          await mailbox.waker.rest(due, signal);
          continue;
        }
        const people = [...mailbox.people].slice(0, MOST_PEOPLE);
        for (const [userId] of people) mailbox.people.delete(userId);
        const changedUserIds = people.map(([userId]) => userId);
        const erasedUserIds = people.flatMap(([userId, erased]) => (erased ? [userId] : []));
        if (this.#seenSeq !== undefined && this.#seenSeq > seq) seq = this.#seenSeq;
        let message: Message = { changedUserIds, erasedUserIds, learnedSeq: seq };
        if (due <= 0) {
          mailbox.common = "as told";
          commonAt = nowMs();
          ({ seq, common } = await databaseErrors(() => readCommonLearning(sql)));
          message = { ...message, common, learnedSeq: seq };
        }
        yield message;
      }
    } finally {
      this.#mailboxes.delete(mailbox);
      if (this.#mailboxes.size === 0) this.#seenSeq = undefined;
    }
  }

  #changed(atOnce: boolean): void {
    for (const mailbox of this.#mailboxes) {
      if (mailbox.common !== "now") mailbox.common = atOnce ? "now" : "soon";
      mailbox.waker.wake();
    }
    void this.#readChanges();
  }

  /** One look at a time; one more if something came meanwhile. */
  async #readChanges(): Promise<void> {
    this.#again = true;
    if (this.#reading || this.#mailboxes.size === 0) return;
    this.#reading = true;
    try {
      while (this.#again) {
        this.#again = false;
        await this.#readOnce();
      }
    } catch (error) {
      if (!isDatabaseAway(error)) this.#options.log.warn({ event: "watch_failed", err: error }, "watchers begin anew");
      this.#endAll();
    } finally {
      this.#reading = false;
    }
  }

  async #readOnce(): Promise<void> {
    const { sql } = this.#options;
    const [learner] = await sql<{ learned_seq: string }[]>`select learned_seq from feedback.learner`;
    const seq = BigInt(learner!.learned_seq);
    const since = this.#seenSeq ?? seq;
    const rows = await sql<{ user_id: string }[]>`
      select user_id from feedback.profile where learned_seq > ${String(since)} and learned_seq <= ${String(seq)}`;
    this.#seenSeq = seq;
    this.tell(rows.map(({ user_id }) => user_id));
  }

  /** What is kept of these people's profiles is old; if they were erased, nothing of them may be kept. */
  tell(userIds: Iterable<string>, erased = false): void {
    for (const mailbox of this.#mailboxes) {
      for (const userId of userIds) mailbox.people.set(userId, erased || mailbox.people.get(userId) === true);
      if (mailbox.people.size > MOST_BEHIND) mailbox.failure = unavailable("more changed than was read; watch anew");
      mailbox.waker.wake();
    }
  }

  #endAll(): void {
    for (const mailbox of this.#mailboxes) {
      mailbox.failure = unavailable("what was learned meanwhile is not known; watch anew");
      mailbox.waker.wake();
    }
  }
}

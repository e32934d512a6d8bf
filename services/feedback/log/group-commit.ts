import { Waker } from "../../kit/waker.ts";

/** What one call wants to have written. */
interface Waiting<Call, Answer> {
  call: Call;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export interface GroupCommitOptions<Call, Answer> {
  /**
   * Write all of the calls in one transaction and answer each in its order, after the commit; an Error in place of an
   * answer refuses that call alone. A rejection says that nothing was written, or that nobody knows.
   */
  commit(calls: Call[]): Promise<(Answer | Error)[]>;
  /** How much a call is, in rows. */
  sizeOf(call: Call): number;
  /** Names that no two calls of one transaction may share. */
  idsOf(call: Call): Iterable<string>;
  /** Rows of one transaction, at most; one call may have more. */
  mostAtOnce: number;
  /** Rows that may wait; a call that comes when there are more is refused. */
  mostWaiting: number;
  /** What a call is refused with then. */
  refuse(): Error;
  /** Whether an error of `commit` may be one call's fault: then each is tried alone. */
  mayBeOfOne(error: unknown): boolean;
}

/**
 * Calls that come while a transaction is under way go together into the next one: under load a commit, and its wait for the
 * disk, is shared; without load a call waits for nobody. Calls are written in the order in which they came, except that
 * one that shares an id with another waits for the transaction after it.
 */
export class GroupCommit<Call, Answer> {
  readonly #options: GroupCommitOptions<Call, Answer>;
  #waiting: Waiting<Call, Answer>[] = [];
  #rows = 0;
  readonly #waker = new Waker();

  /** To be made outside of calls: a transaction belongs to many, and none of their deadlines may end it. */
  constructor(options: GroupCommitOptions<Call, Answer>) {
    this.#options = options;
    void this.#run();
  }

  /** Rows that wait for their transaction. */
  get rowsWaiting(): number {
    return this.#rows;
  }

  /** Resolves after the commit. What is aborted before its transaction began is not written. */
  add(call: Call, signal?: AbortSignal): Promise<Answer> {
    const size = this.#options.sizeOf(call);
    if (this.#rows > 0 && this.#rows + size > this.#options.mostWaiting) return Promise.reject(this.#options.refuse());
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const waiting: Waiting<Call, Answer> = { call, resolve, reject };
      const onAbort = () => {
        const at = this.#waiting.indexOf(waiting);
        if (at >= 0) {
          this.#waiting.splice(at, 1);
          this.#rows -= size;
        }
        reject(signal?.reason);
      };
      const done = () => signal?.removeEventListener("abort", onAbort);
      waiting.resolve = (answer) => {
        done();
        resolve(answer);
      };
      waiting.reject = (error) => {
        done();
        reject(error);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(waiting);
      this.#rows += size;
      this.#waker.wake();
    });
  }

  async #run(): Promise<never> {
    for (;;) {
      const group = this.#take();
      if (group.length > 0) await this.#write(group);
      else await this.#waker.rest();
    }
  }

  /** The next transaction's calls, taken off the queue. */
  #take(): Waiting<Call, Answer>[] {
    const { sizeOf, idsOf, mostAtOnce } = this.#options;
    const group: Waiting<Call, Answer>[] = [];
    const left: Waiting<Call, Answer>[] = [];
    const used = new Set<string>();
    let rows = 0;
    let full = false;
    for (const waiting of this.#waiting) {
      const size = sizeOf(waiting.call);
      const ids = [...idsOf(waiting.call)];
      full ||= rows > 0 && rows + size > mostAtOnce;
      const shares = ids.some((id) => used.has(id));
      if (full || shares) left.push(waiting);
      else {
        group.push(waiting);
        rows += size;
      }
      // Also those of a call that waits, so that a third one stays behind it.
      if (!full) for (const id of ids) used.add(id);
    }
    this.#waiting = left;
    this.#rows -= rows;
    return group;
  }

  async #write(group: Waiting<Call, Answer>[]): Promise<void> {
    try {
      const answers = await this.#options.commit(group.map(({ call }) => call));
      for (const [at, { resolve, reject }] of group.entries()) {
        const answer = answers[at];
        if (answer === undefined) reject(new Error(`expected ${group.length} answers, got ${answers.length}`));
        else if (answer instanceof Error) reject(answer);
        else resolve(answer);
      }
    } catch (error) {
      if (group.length > 1 && this.#options.mayBeOfOne(error)) {
        for (const one of group) await this.#write([one]);
      } else {
        for (const { reject } of group) reject(error);
      }
    }
  }
}

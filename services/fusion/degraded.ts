import { Code, ConnectError } from "@connectrpc/connect";
import { currentCall } from "../kit/context.ts";
import type { Logger } from "../kit/log.ts";
import type { Stages } from "./stages.ts";

/** Codes that say that another service is away or broken, and nothing of what it was asked. */
const AWAY: readonly Code[] = [
  ...[Code.Unavailable, Code.DeadlineExceeded, Code.ResourceExhausted],
  ...[Code.Internal, Code.Unknown, Code.DataLoss],
];

/** What one answer has to do without. */
export class Degraded {
  readonly #parts = new Set<string>();
  readonly #stages: Pick<Stages, "degraded">;
  readonly #log: Logger;

  constructor({ stages, log }: { stages: Pick<Stages, "degraded">; log: Logger }) {
    this.#stages = stages;
    this.#log = log;
  }

  /** Each once, in alphabetical order, whichever was missed first. */
  get parts(): string[] {
    return [...this.#parts].sort();
  }

  /** @param part "feedback", "model:blip", …; counted once an answer. */
  add(part: string): void {
    if (this.#parts.has(part)) return;
    this.#parts.add(part);
    this.#stages.degraded(part);
  }

  /**
   * What `work` gives, or `instead` if the service that it asks is away or broken: an answer without a part is better than none.
   * Whatever else goes wrong is thrown, so that no mistake of ours looks like somebody's absence; and so is the end of the
   * caller's own time, after which nobody waits for an answer.
   *
   * @param part what is missing then
   */
  async orWithout<T>(part: string, work: () => Promise<T>, instead: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      currentCall()?.signal.throwIfAborted();
      if (!(error instanceof ConnectError) || !AWAY.includes(error.code)) throw error;
      const { code, rawMessage } = error;
      this.#log.warn({ event: "degraded", part, code: Code[code], reason: rawMessage }, "answered without a part");
      this.add(part);
      return instead;
    }
  }
}

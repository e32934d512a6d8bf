import type { Caption, CaptionStep } from "./model.ts";

/** A caption with its tokens, as it was written. */
export interface WrittenCaption {
  steps: CaptionStep[];
  caption: Caption;
}

/** Steps of a caption that is being written, for any number of readers. */
export class CaptionLog {
  #steps: CaptionStep[] = [];
  #news = Promise.withResolvers<void>();

  get steps(): readonly CaptionStep[] {
    return this.#steps;
  }

  /** Resolves when there is another step than now, or another beginning. */
  get news(): Promise<void> {
    return this.#news.promise;
  }

  /** It is written anew: whoever began it had to give up. Readers go on where they are. */
  begin(): void {
    this.#steps = [];
    this.#tell();
  }

  push(step: CaptionStep): void {
    this.#steps.push(step);
    this.#tell();
  }

  #tell(): void {
    const { resolve } = this.#news;
    this.#news = Promise.withResolvers();
    resolve();
  }
}

/** Write a caption into a log; ends the writing when it is aborted between two tokens. */
export async function record(
  writing: AsyncGenerator<CaptionStep, Caption, undefined>,
  log: CaptionLog,
): Promise<WrittenCaption> {
  log.begin();
  const steps: CaptionStep[] = [];
  for (;;) {
    const { done, value } = await writing.next();
    if (done) return { steps, caption: value };
    steps.push(value);
    log.push(value);
  }
}

/** The caption without its steps. */
export async function lastOf(writing: AsyncGenerator<CaptionStep, Caption, undefined>): Promise<Caption> {
  for (;;) {
    const { done, value } = await writing.next();
    if (done) return value;
  }
}

import type { AnsweredSearch as Answered } from "../events.ts";
import type { VectorAnswer } from "../vectors/types.ts";
import { CpuBudget } from "./cpu-budget.ts";
import { type LiveRecall, RecallWindow } from "./recall-window.ts";
import { recallOfSample, SPARE } from "./sample.ts";

/** What became of a search that was drawn; all but `measured` were dropped. */
export const OUTCOMES = ["measured", "busy", "over_budget", "changed", "failed"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A search that a caller got an answer to, as far as its recall goes. */
export type AnsweredSearch = Omit<Answered, "exact" | "params" | "ms">;

export interface RecallSamplerOptions {
  /** Answer a search exactly from what is there now, with this `k`. */
  exactly(search: AnsweredSearch, k: number, signal: AbortSignal): Promise<VectorAnswer>;
  /** The change that an item's present version came with; undefined: there is no such item. */
  seqOf(itemId: string): bigint | undefined;
  /** Of the searches that a graph answered this share is drawn, 0 to 1. */
  share: number;
  /** Processor time that measuring may take, milliseconds a second. */
  cpuMsPerSecond: number;
  /** Threads that a scan is divided among: it takes at most so many times its duration. */
  threads: number;
  onOutcome(index: string, outcome: Outcome, error?: unknown): void;
  signal: AbortSignal;
  /** 0 to 1. */
  random?: () => number;
  nowMs?: () => number;
}

/**
 * Measures recall while serving: answers a share of the searches again, exactly, beside them. One at a time and within a
 * budget; nothing waits, what cannot be measured at once is dropped and counted. Exact answers need no measuring.
 */
export class RecallSampler {
  readonly #options: RecallSamplerOptions;
  readonly #random: () => number;
  readonly #nowMs: () => number;
  readonly #budget: CpuBudget;
  readonly #windows = new Map<string, RecallWindow>();
  #running: Promise<void> | undefined;

  constructor(options: RecallSamplerOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#budget = new CpuBudget({ msPerSecond: options.cpuMsPerSecond, nowMs: this.#nowMs });
  }

  /** Take note of an answer, and perhaps measure it; never waits. */
  offer(search: AnsweredSearch): void {
    const { index, answer } = search;
    const graph = answer.plan.kind === "graph";
    this.#window(index).answered(graph ? "graph" : "exact");
    const { share, signal, onOutcome } = this.#options;
    if (!graph || signal.aborted || this.#random() >= share) return;
    if (this.#running) onOutcome(index, "busy");
    else if (!this.#budget.left) onOutcome(index, "over_budget");
    else {
      this.#running = this.#measure(search).finally(() => {
        this.#running = undefined;
      });
    }
  }

  graphReplaced(index: string): void {
    this.#window(index).graphReplaced();
  }

  recall(index: string): LiveRecall {
    return this.#window(index).value;
  }

  /** Resolves when nothing is being measured. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #measure(search: AnsweredSearch): Promise<void> {
    const { exactly, seqOf, threads, signal, onOutcome } = this.#options;
    const { index, k, answer, seq } = search;
    const window = this.#window(index);
    const { generation } = window;
    const began = this.#nowMs();
    try {
      const exact = await exactly(search, k + SPARE, signal);
      const changed = (itemId: string) => {
        const now = seqOf(itemId);
        return now === undefined || now > seq;
      };
      const recall = recallOfSample({ found: answer.neighbours, exact: exact.neighbours, k, changed });
      if (recall !== undefined) window.measured(recall, generation);
      onOutcome(index, recall === undefined ? "changed" : "measured");
    } catch (error) {
      if (!signal.aborted) onOutcome(index, "failed", error);
    } finally {
      this.#budget.spend((this.#nowMs() - began) * threads);
    }
  }

  #window(index: string): RecallWindow {
    let window = this.#windows.get(index);
    if (!window) {
      window = new RecallWindow(this.#nowMs);
      this.#windows.set(index, window);
    }
    return window;
  }
}

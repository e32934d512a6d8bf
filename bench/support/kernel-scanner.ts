import { readFileSync } from "node:fs";
import { processNamed } from "./processor-time.ts";

/** How often it is looked at, milliseconds. */
const EVERY_MS = 4;
/** Of that time, what counts as being at work. */
const LEAST_SHARE = 0.25;

/**
 * When the kernel's memory scanner was at work: DAMON's thread (`kdamond`, Linux's Documentation/mm/damon), which some hosts of
 * virtual machines switch on. It has a processor to itself for 50 ms every five seconds, whatever runs there, so a bench that
 * waits for single calls has to know of it. Where there is none it was never at work.
 */
export class KernelScanner {
  readonly #file: string | undefined;
  readonly #bursts: { fromMs: number; toMs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #atMs = 0;
  #ranMs = 0;

  constructor() {
    const pid = processNamed("kdamond");
    if (pid !== undefined) this.#file = `/proc/${pid}/schedstat`;
  }

  start(): void {
    if (this.#file === undefined) return;
    this.#look();
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether it was at work between two times of `performance.now()`. */
  during(fromMs: number, toMs: number): boolean {
    return this.#bursts.some((burst) => burst.fromMs < toMs && fromMs < burst.toMs);
  }

  #look(): void {
    const ranMs = Number(readFileSync(this.#file!, "utf8").split(" ")[0]) / 1e6;
    const nowMs = performance.now();
    if (this.#atMs > 0 && ranMs - this.#ranMs > LEAST_SHARE * (nowMs - this.#atMs)) {
      const last = this.#bursts.at(-1);
      if (last?.toMs === this.#atMs) last.toMs = nowMs;
      else this.#bursts.push({ fromMs: this.#atMs, toMs: nowMs });
    }
    this.#atMs = nowMs;
    this.#ranMs = ranMs;
  }
}

import { readdirSync, readFileSync } from "node:fs";

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
    this.#file = scheduledTimeOf("kdamond");
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

/** The file that says how long a thread of the kernel has run; undefined: there is none of this name. */
function scheduledTimeOf(name: string): string | undefined {
  try {
    const pid = readdirSync("/proc").find(
      (pid) => /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/stat`, "utf8").includes(`(${name}`),
    );
    return pid === undefined ? undefined : `/proc/${pid}/schedstat`;
  } catch {
    return undefined;
  }
}

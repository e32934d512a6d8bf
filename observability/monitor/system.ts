import { statfs } from "node:fs/promises";
import { type CpuInfo, cpus, totalmem } from "node:os";
import process from "node:process";

/** How the machine, or the container, is loaded. */
export interface SystemFigures {
  /** All cores together, 0 to 100, since the look before. */
  cpuPercent: number;
  memoryPercent: number;
  memoryBytes: number;
  diskPercent: number;
}

/** Two looks at the processors must lie this far apart for their difference to mean something. */
const SHORTEST_MS = 500;

/** Reads the load of the machine. `diskPath`: a path on the disk that counts. */
export function createSystemReader(diskPath: string): () => Promise<SystemFigures> {
  const cpu = new CpuMeter(ticks(cpus()));
  return async () => {
    const { total, used } = memory();
    return {
      cpuPercent: cpu.percent(ticks(cpus()), performance.now()),
      memoryPercent: (100 * used) / total,
      memoryBytes: used,
      diskPercent: await diskPercent(diskPath),
    };
  };
}

/** Time that the processors were busy and in all, in the same unit. */
export interface Ticks {
  busy: number;
  all: number;
}

/** The share of time that processors were busy between two looks. */
export class CpuMeter {
  #before: Ticks;
  #at = 0;
  #percent = 0;

  constructor(first: Ticks) {
    this.#before = first;
  }

  /** 0 to 100; looks that follow each other too closely get the same answer. */
  percent(now: Ticks, atMs: number): number {
    const all = now.all - this.#before.all;
    if (all > 0 && atMs - this.#at >= SHORTEST_MS) {
      this.#percent = Math.min(100, Math.max(0, (100 * (now.busy - this.#before.busy)) / all));
      this.#before = now;
      this.#at = atMs;
    }
    return this.#percent;
  }
}

function ticks(processors: CpuInfo[]): Ticks {
  const sum = { busy: 0, all: 0 };
  for (const { times } of processors) {
    const busy = times.user + times.nice + times.sys + times.irq;
    sum.busy += busy;
    sum.all += busy + times.idle;
  }
  return sum;
}

/** Of the container where it has a limit, else of the machine. */
function memory(): { total: number; used: number } {
  const limit = process.constrainedMemory?.() ?? 0;
  const total = limit > 0 && limit < totalmem() ? limit : totalmem();
  return { total, used: Math.max(0, total - process.availableMemory()) };
}

/** As df counts: of what people may use, how much is used. */
async function diskPercent(path: string): Promise<number> {
  const { blocks, bfree, bavail } = await statfs(path);
  const used = blocks - bfree;
  return used + bavail === 0 ? 0 : (100 * used) / (used + bavail);
}

import { readFileSync } from "node:fs";
import process from "node:process";
import type { LibraryHandle } from "koffi";

/** Of x86-64 and of ARM with pages of 4 KiB; on other machines nothing is whole, and all stays as it is. */
const PAGE_BYTES = 4096;
const HUGE_BYTES = 2 ** 21;
/** Smaller pieces of memory are not looked at. */
const LEAST_BYTES = 2 ** 24;
/** MADV_COLLAPSE of linux/mman.h, from Linux 6.1 on. */
const COLLAPSE = 25;
/** While one is made, other threads cannot take memory: they have their turn in between. */
const PAUSE_MS = 1;
const pause = new Int32Array(new SharedArrayBuffer(4));
const SETTING = "/sys/kernel/mm/transparent_hugepage/enabled";

/** A range of addresses, `to` not included. */
export interface Range {
  from: number;
  to: number;
}

/**
 * Puts large memory that was taken since this was made into pages of 2 MiB. A walk through a graph reads here and there; with pages of
 * 4 KiB the processor must look most of them up, and a search takes about an eighth longer. Only memory whose pages are all there is
 * moved, so that no more of it is taken from the machine. Linux only, and not where the machine's owner wants no such pages.
 */
export class HugePages {
  readonly #before = ranges();
  readonly #mincore: (from: number, bytes: number, pages: Uint8Array) => number;
  readonly #madvise: (from: number, bytes: number, advice: number) => number;

  constructor(system: LibraryHandle) {
    this.#mincore = system.func("int mincore(int64_t from, size_t bytes, _Out_ uint8_t *pages)");
    this.#madvise = system.func("int madvise(int64_t from, size_t bytes, int advice)");
  }

  /** Bytes that are in huge pages now; what the system refuses stays as it is. Blocks its thread, about a second for a gigabyte. */
  collapse(): number {
    let bytes = 0;
    for (const { from, to } of ranges()) {
      const units = Math.floor((to - from) / HUGE_BYTES);
      const pages = new Uint8Array((units * HUGE_BYTES) / PAGE_BYTES);
      if (this.#mincore(from, units * HUGE_BYTES, pages) !== 0) continue;
      for (const whole of wholeRanges(from, pages, this.#before)) {
        for (let at = whole.from; at < whole.to; at += HUGE_BYTES) {
          if (this.#madvise(at, HUGE_BYTES, COLLAPSE) === 0) bytes += HUGE_BYTES;
          Atomics.wait(pause, 0, 0, PAUSE_MS);
        }
      }
    }
    return bytes;
  }
}

/** Large writable memory of no file, from one huge page's beginning to another's. */
function ranges(): Range[] {
  if (process.platform !== "linux") return [];
  try {
    return readFileSync(SETTING, "utf8").includes("[never]") ? [] : parseMaps(readFileSync("/proc/self/maps", "utf8"));
  } catch {
    return []; // a system without
  }
}

/** @param maps as in proc_pid_maps(5) */
export function parseMaps(maps: string): Range[] {
  return [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0\s*$/gm)].flatMap(([, first, end]) => {
    const from = Math.ceil(Number.parseInt(first!, 16) / HUGE_BYTES) * HUGE_BYTES;
    const to = Math.floor(Number.parseInt(end!, 16) / HUGE_BYTES) * HUGE_BYTES;
    return to - from >= LEAST_BYTES ? [{ from, to }] : [];
  });
}

/**
 * Those huge pages of which all is there, next to each other in one range.
 * @param pages as mincore(2) says it: bit 0 of each
 * @param without ranges that are left out
 */
export function wholeRanges(start: number, pages: Uint8Array, without: readonly Range[] = []): Range[] {
  const found: Range[] = [];
  const many = HUGE_BYTES / PAGE_BYTES;
  for (let at = 0; at < pages.length; at += many) {
    const from = start + at * PAGE_BYTES;
    if (without.some((one) => one.from <= from && from < one.to)) continue;
    if (!pages.subarray(at, at + many).every((page) => (page & 1) === 1)) continue;
    const last = found.at(-1);
    if (last?.to === from) last.to += HUGE_BYTES;
    else found.push({ from, to: from + HUGE_BYTES });
  }
  return found;
}

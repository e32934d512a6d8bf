import type { Plan, Size, View } from "../view.ts";
import { ROWS } from "./kernel.ts";
import { KernelMemory, type Weights } from "./kernel-memory.ts";
import { packAcross, packDown } from "./packed-weights.ts";
import { computeTaps, type Taps } from "./taps.ts";

/** Interleaved 8-bit RGB. */
export interface Source extends Size {
  /** Puts `count` rows from `first` into `target`. */
  copyRows(first: number, count: number, target: Uint8Array): void;
  /** All of it, where it lies in memory as it is. */
  rgb?: Uint8Array;
}

/** What is to be made of a source. */
export interface Resampling {
  kernel: View["kernel"];
  plan: Plan;
}

/** Bytes of source rows that are taken into the kernel's memory at a time: they stay in a cache near the processor. */
const BAND_BYTES = 2 ** 17;
/** Weighings of a pixel before others get their turn: about a millisecond's. */
const WORK_AT_A_TIME = 2 ** 21;

/**
 * Resizes as Pillow's `Image.resize` does, to the last bit (13.0, libImaging/Resample.c: two passes, 8 bits between), and
 * only what the plan extracts. One photo at a time.
 */
export class Resampler {
  readonly #memory = new KernelMemory();

  /** Bytes of its memory, which never shrinks. */
  get bytes(): number {
    return this.#memory.bytes;
  }

  /**
   * Interleaved 8-bit RGB of the plan's output; where the extract is smaller the border is black.
   * @param rest is awaited about once a millisecond, so that others get their turn.
   */
  async resample(source: Source, what: Resampling, rest: () => Promise<unknown>): Promise<Uint8Array<ArrayBuffer>> {
    const { kernel, plan } = what;
    const { resized, extract, output } = plan;
    const columns = computeTaps(kernel, source.width, resized.width, extract.left, extract.width);
    const lines = computeTaps(kernel, source.height, resized.height, extract.top, extract.height);
    const memory = this.#memory;
    memory.clear();
    const across = memory.weights(packAcross(columns));
    const down = memory.weights(packDown(lines));
    const rgb = new Uint8Array(output.width * output.height * 3);

    const job: Job = { source, plan, columns, lines, across, down, rgb };
    const steps = isDownFirst(source, resized) ? downFirst(memory, job) : acrossFirst(memory, job);
    let work = 0;
    for (const weighings of steps) {
      work += weighings;
      if (work < WORK_AT_A_TIME) continue;
      work = 0;
      await rest();
    }
    return rgb;
  }
}

interface Job {
  source: Source;
  plan: Plan;
  columns: Taps;
  lines: Taps;
  across: Weights;
  down: Weights;
  /** Of the output. */
  rgb: Uint8Array;
}

/** Pillow's rule since 13.0: what loses much more of its height than of its width is made lower first. */
function isDownFirst(from: Size, to: Size): boolean {
  const lost = from.height - to.height;
  return lost > 0 && lost > (from.width - to.width) * 2;
}

/** Yields, step by step, how many pixels were weighed. */
function* acrossFirst(memory: KernelMemory, job: Job): Generator<number, void, undefined> {
  const { source, columns, lines, across, down } = job;
  const { extract } = job.plan;
  const top = lines.first[0] ?? 0;
  const rows = Math.min(source.height, (lines.first.at(-1) ?? 0) + lines.most) - top;
  const stride = source.width * 3;
  const atATime = Math.ceil(BAND_BYTES / stride / ROWS) * ROWS;
  const band = memory.rows(Math.min(rows, atATime), stride, 0);
  const narrow = memory.rows(rows + lines.most + 1, extract.width * 3);
  const finished = memory.rows(1, extract.width * 3);
  for (let row = 0; row < rows; row += atATime) {
    const count = Math.min(atATime, rows - row);
    source.copyRows(top + row, count, memory.bytesOf(band, count));
    memory.across(band, narrow, row, count, across);
    yield count * extract.width * columns.most;
  }
  for (const [y, first] of lines.first.entries()) {
    memory.down(narrow, first - top, finished, 0, down, y);
    place(job, y, memory.row(finished, 0));
    yield extract.width * lines.most;
  }
}

function* downFirst(memory: KernelMemory, job: Job): Generator<number, void, undefined> {
  const { source, columns, lines, across, down } = job;
  const { resized, extract } = job.plan;
  const stride = source.width * 3;
  const scale = source.height / resized.height;
  const atATime = Math.max(ROWS, Math.floor((BAND_BYTES / stride - lines.most) / scale / ROWS) * ROWS);
  const band = memory.rows(Math.ceil(Math.min(atATime, extract.height) * scale) + lines.most + 2, stride, 0);
  const low = memory.rows(atATime, stride);
  const finished = memory.rows(atATime, extract.width * 3);
  for (let line = 0; line < extract.height; line += atATime) {
    const firsts = lines.first.subarray(line, line + atATime);
    const top = firsts[0] ?? 0;
    const rows = Math.min(source.height, (firsts.at(-1) ?? 0) + lines.most) - top;
    source.copyRows(top, rows, memory.bytesOf(band, rows));
    for (const [i, first] of firsts.entries()) memory.down(band, first - top, low, i, down, line + i);
    memory.across(low, finished, 0, firsts.length, across);
    for (const i of firsts.keys()) place(job, line + i, memory.row(finished, i));
    yield firsts.length * (source.width * lines.most + extract.width * columns.most);
  }
}

/** A finished line of the extract goes to its place in the output. */
function place({ plan: { output }, rgb }: Job, line: number, pixels: Uint8Array): void {
  rgb.set(pixels, ((output.top + line) * output.width + output.left) * 3);
}

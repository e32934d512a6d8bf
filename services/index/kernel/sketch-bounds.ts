import { type AxesPlace, coordinateError, project } from "./axes.ts";
import { BestRows } from "./best-rows.ts";
import { type Asked, compiledBounds, type Listed, roundingShare } from "./bounds.ts";
import {
  BOUND_FUNCTIONS,
  BOUND_PARAMETERS,
  PARAMETERS_AT,
  PICK,
  type PickFunction,
  type Products,
  ROWS_AT_ONCE,
  type SketchFunction,
} from "./bounds-module.ts";
import { type CodedQuery, codeQuery, inReach, UPWARDS } from "./codes.ts";
import { Retreat } from "./retreat.ts";
import { SKETCH_VALUES } from "./rotation.ts";
import { compiledScan, FUNCTIONS, NUMBERS, type ScanFunction, SURVIVORS, UPPERS } from "./scan-module.ts";
import type { Scratch, SketchedQuery } from "./scratch.ts";
import { LEFT_OVER, type SketchHandle, STATE, stateOf } from "./sketches.ts";

/** Fewer rows are not worth the query's way along the axes; those of another block, once it is known, need only be so many. */
const LEAST_ROWS = 512;
const LEAST_ROWS_KNOWN = 32;
/** Where so large a share of the rows is asked for there is no threshold soon enough. */
const MOST_ASKED = 1 / 16;
/** Rows that are compared for a threshold: as many as are wanted, and so many more. */
const MORE_SEEDS = 10;
/** In place of the bound of a row that was compared; no bound is infinitely low. */
const SEED = Number.NEGATIVE_INFINITY;
/** The lowest float32 that is finite. */
const LOWEST = -(2 - 2 ** -23) * 2 ** 127;
/** Places among which the first best bounds are looked for; a multiple of the rows at once. */
const FIRST_PLACES = 64;
/** Rows that may be kept whatever their share. */
const FREE_ROWS = 256;
/** Beyond this share of its rows a scan has no use for sketches. */
const USEFUL_SHARE = 1 / 2;

/** Leaves out most rows by their sketches, each a line of the cache. Never one whose score reaches the threshold. */
export class SketchBounds {
  readonly #scratch: Scratch;
  readonly #products: Products;
  readonly #axes: AxesPlace;
  readonly #state: Int32Array;
  readonly #scan: ScanFunction;
  readonly #bound: Record<"ip" | "l2", SketchFunction>;
  readonly #pickRows: PickFunction;
  readonly #retreat = new Retreat();
  readonly #best = new BestRows(1);

  constructor(scratch: Scratch, handle: SketchHandle, products: Products) {
    const { memory, axes } = handle;
    this.#scratch = scratch;
    this.#products = products;
    this.#axes = axes;
    this.#state = new Int32Array(memory.buffer, stateOf(handle) * 4, Object.keys(STATE).length);
    const imports = { scratch: { memory: scratch.memory }, rows: { memory }, codes: { memory } };
    const scan = new WebAssembly.Instance(compiledScan(), imports).exports;
    this.#scan = scan[FUNCTIONS.ip.one.name] as ScanFunction;
    const { exports } = new WebAssembly.Instance(compiledBounds(products), imports);
    const { ip, l2 } = BOUND_FUNCTIONS.sketch;
    this.#bound = { ip: exports[ip] as SketchFunction, l2: exports[l2] as SketchFunction };
    this.#pickRows = exports[PICK] as PickFunction;
  }

  /**
   * Compute the bounds of the listed rows. False: there are none, or it is not worth it.
   * @param full whether as many rows as are wanted have been found elsewhere, so that there is a threshold
   * @param free an address from which the scratch memory has room for the query's coordinates and their code
   */
  compute({ list, count, first }: Listed, asked: Asked, { full, free }: { full: boolean; free: number }): boolean {
    const { integers, floats } = this.#scratch;
    if (count < (this.#isKnown(asked) ? LEAST_ROWS_KNOWN : LEAST_ROWS)) return false;
    if (!full && asked.k > count * MOST_ASKED) return false;
    const last = first + integers[list / 4 + count - 1]!;
    if (last >= Atomics.load(this.#state, STATE.rows)) return false;
    if (this.#retreat.skips()) return false;
    const query = this.#askedOnce(asked, free);
    if (!query) return false;
    floats.set(query.parameters, PARAMETERS_AT / 4);
    this.#bound[asked.metric](0, count, SKETCH_VALUES, list, first, query.at);
    return true;
  }

  /** Those of the rows that promise most: what they are compared with says what others must reach. They are no survivors. */
  seeds({ list, count, first }: Listed, { k, threshold }: Asked): Listed {
    const { integers, floats } = this.#scratch;
    const best = this.#best;
    best.reset(k + MORE_SEEDS, threshold);
    // After few places the best of them are known, then after twice as many each time: so ever fewer are offered.
    for (let from = 0, look = FIRST_PLACES; from < count; from += look, look = from) {
      const picked = this.#pick({ list: NUMBERS, first: 0, count: Math.min(count, from + look) }, best.threshold, from);
      for (let n = SURVIVORS / 4; n < SURVIVORS / 4 + picked; n++) {
        const place = integers[n]!;
        best.offer(place, floats[UPPERS / 4 + place]!);
      }
    }
    const places = best
      .take()
      .rows.slice(0, k + MORE_SEEDS)
      .sort();
    for (const [n, place] of places.entries()) {
      integers[SURVIVORS / 4 + n] = first + integers[list / 4 + place]!;
      floats[UPPERS / 4 + place] = SEED;
    }
    return this.#listed(places.length);
  }

  /** Of the listed rows those that may reach the threshold, in the same order. */
  survivors(listed: Listed, threshold: number): Listed {
    const kept = this.#pick(listed, threshold);
    this.#retreat.ended(kept <= FREE_ROWS + listed.count * USEFUL_SHARE);
    return this.#listed(kept);
  }

  /** Write the listed rows from place `from` on whose bounds are not below a threshold: also those of which nothing is known. */
  #pick({ list, first, count }: Listed, threshold: number, from = 0): number {
    const { floats } = this.#scratch;
    // No bound is below minus infinity, and no bound but that of a seed is infinitely low.
    floats[PARAMETERS_AT / 4 + BOUND_PARAMETERS.threshold] = Math.max(threshold, LOWEST);
    floats.fill(SEED, UPPERS / 4 + count, UPPERS / 4 + Math.ceil(count / ROWS_AT_ONCE) * ROWS_AT_ONCE);
    return (this.#pickRows(from, count, list, first, SURVIVORS) - SURVIVORS) / 4;
  }

  /** What was picked. A few entries behind a list are read. */
  #listed(count: number): Listed {
    const end = SURVIVORS / 4 + count;
    this.#scratch.integers.fill(0, end, end + ROWS_AT_ONCE);
    return { list: SURVIVORS, count, first: 0 };
  }

  /** Where the query lies along the axes, found once for all blocks that have these axes. */
  #askedOnce(asked: Asked, free: number): SketchedQuery | undefined {
    const scratch = this.#scratch;
    if (!this.#isKnown(asked)) {
      const { queriesId, query, stride } = asked;
      const rotation = this.#state[STATE.rotation]!;
      scratch.sketched = { queriesId, rotation, query: this.#sketch(query, stride, free) };
    }
    return scratch.sketched?.query;
  }

  #isKnown({ queriesId }: Asked): boolean {
    const { sketched } = this.#scratch;
    return sketched?.queriesId === queriesId && sketched.rotation === this.#state[STATE.rotation];
  }

  #sketch(query: number, stride: number, free: number): SketchedQuery | undefined {
    const { floats } = this.#scratch;
    let square = 0;
    for (let n = query / 4; n < query / 4 + stride; n++) square += floats[n]! ** 2;
    const length = Math.sqrt(square);
    const along = floats.subarray(free / 4, free / 4 + SKETCH_VALUES);
    if (!inReach(length) || !project(this.#scan, this.#scratch, this.#axes, along)) return undefined;
    const at = free + SKETCH_VALUES * 4;
    const coded = codeQuery(this.#scratch, { from: free / 4, at, stride: SKETCH_VALUES }, this.#products);
    return coded && { at, parameters: parametersOf(coded, { length, stride }) };
  }
}

/**
 * Rounding as with codes, and how far coordinates may be from what they stand for, of the rows as of the query.
 * @param of the whole query's length, and how many values rows have
 */
function parametersOf(coded: CodedQuery, { length, stride }: { length: number; stride: number }): Float32Array {
  const error = coordinateError(stride);
  const share = roundingShare(stride) + error;
  const beside = Math.sqrt(length ** 2 - Math.max(0, coded.length - error * length) ** 2);
  const parameters = new Float32Array(Object.keys(BOUND_PARAMETERS).length);
  parameters[BOUND_PARAMETERS.step] = coded.step;
  parameters[BOUND_PARAMETERS.rest] = coded.rest + length * (error + 2 ** -20);
  parameters[BOUND_PARAMETERS.square] = length ** 2;
  parameters[BOUND_PARAMETERS.most] = (coded.length + error * length) ** 2 * (1 + 2 ** -18);
  parameters[BOUND_PARAMETERS.slack] = length * share;
  // The squared length of a row is known up to three times the error.
  parameters[BOUND_PARAMETERS.share] = 4 * share;
  parameters[BOUND_PARAMETERS.beside] = beside * UPWARDS + length * share;
  parameters[BOUND_PARAMETERS.leftOver] = LEFT_OVER;
  return parameters;
}

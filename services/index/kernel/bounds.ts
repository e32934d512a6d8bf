import { BestRows } from "./best-rows.ts";
import {
  BOUND_FUNCTIONS,
  BOUND_PARAMETERS,
  type BoundFunction,
  boundsModule,
  GROUP_BYTES,
  PARAMETERS_AT,
  type Products,
  ROWS_AT_ONCE,
  STAGE_GROUPS,
} from "./bounds-module.ts";
import { type CodedQuery, codeQuery } from "./codes.ts";
import { Retreat } from "./retreat.ts";
import type { Metric } from "./scan.ts";
import { COUNTS, STAGE } from "./scan-module.ts";
import type { Scratch } from "./scratch.ts";

/** Rows to look at, in a list in the scratch memory; the three entries behind it are rows as well, of which nothing is said. */
export interface Listed {
  /** Its address. */
  list: number;
  count: number;
  /** Added to each of its numbers. */
  first: number;
}

/** What is asked of the rows. */
export interface Asked {
  metric: Metric;
  k: number;
  /** What a find must reach. */
  threshold: number;
  /** Names the query, as a {@link Comparison} does. */
  queriesId: number;
  /** The address of its values in the scratch memory. */
  query: number;
  /** How many they are. */
  stride: number;
}

/** Beyond this share of its rows a search has no use for bounds. */
const USEFUL_SHARE = 1 / 4;
/** Rows that may be wanted whatever their share: as many as a search may begin with, before it knows a threshold. */
const FREE_ROWS = 2 * STAGE_GROUPS * ROWS_AT_ONCE;
/** Fewer values than these are compared before bounds are thought about; fewer yet where a threshold is known. */
const LEAST_VALUES = 2 ** 16;
const LEAST_VALUES_KNOWN = 2 ** 14;
/** Where the query is coded already, too, so few rows are worth it. */
const LEAST_ROWS_KNOWN = 2 * ROWS_AT_ONCE;

/** Whether bounds are worth their while for so many rows of `stride` values, of which `k` are wanted, or those at a threshold. */
export function boundsPay(rows: number, stride: number, k: number, threshold = Number.NEGATIVE_INFINITY): boolean {
  if (threshold > Number.NEGATIVE_INFINITY) return rows * stride >= LEAST_VALUES_KNOWN;
  return rows >= FREE_ROWS && rows * stride >= LEAST_VALUES && k <= rows * USEFUL_SHARE;
}

const modules = new Map<Products, WebAssembly.Module>();

/** The module that computes bounds; compiled once in a thread, which takes a few milliseconds. */
export function compiledBounds(products: Products): WebAssembly.Module {
  const module = modules.get(products) ?? new WebAssembly.Module(boundsModule(products));
  modules.set(products, module);
  return module;
}

let fastest: Products | undefined;

/** The fastest sums of products that this runtime has. */
export function fastestProducts(): Products {
  fastest ??= WebAssembly.validate(boundsModule("fours")) ? "fours" : "pairs";
  return fastest;
}

/**
 * Finds which rows may be among the best by bounds of their scores, which need a quarter of the memory that the rows themselves
 * do. Never leaves out a row whose score, as the exact scan computes it, is at least that of the k-th best.
 */
export class Bounds {
  readonly #products: Products;
  readonly #scratch: Scratch;
  readonly #lowers = new BestRows(1);
  /** Rows that were near enough when they were looked at, and their upper bounds. */
  #rows = new Uint32Array(2 * FREE_ROWS);
  #uppers = new Float32Array(2 * FREE_ROWS);
  #count = 0;
  readonly #bound: Record<Metric, BoundFunction>;
  readonly #retreat = new Retreat();

  constructor(scratch: Scratch, codes: WebAssembly.Memory, products = fastestProducts()) {
    this.#products = products;
    this.#scratch = scratch;
    const { exports } = new WebAssembly.Instance(compiledBounds(products), {
      scratch: { memory: scratch.memory },
      codes: { memory: codes },
    });
    const { ip, l2 } = BOUND_FUNCTIONS.code;
    this.#bound = { ip: exports[ip] as BoundFunction, l2: exports[l2] as BoundFunction };
  }

  /**
   * Write the rows that may be wanted to `to`, in the order of the list; how many. Undefined: it is not worth it.
   *
   * @param free an address from which the scratch memory has room for the query's code
   */
  survivors(listed: Listed, asked: Asked, { free, to }: { free: number; to: number }): number | undefined {
    const { list, count, first } = listed;
    const { metric, k, threshold, stride } = asked;
    const known = threshold > Number.NEGATIVE_INFINITY && this.#scratch.coded?.queriesId === asked.queriesId;
    if (!(known && count >= LEAST_ROWS_KNOWN) && !boundsPay(count, stride, k, threshold)) return undefined;
    if (this.#retreat.skips()) return undefined;
    const { integers, floats } = this.#scratch;
    const coded = this.#codeQuery(asked, free);
    if (!coded) return undefined;
    writeParameters(floats, coded, stride);
    const bound = this.#bound[metric];
    const lowers = this.#lowers;
    lowers.reset(k, threshold);
    this.#count = 0;
    // The best are looked at after few rows, then after twice as many each time: so the threshold rises soon.
    for (let from = 0, look = 4 * ROWS_AT_ONCE; from < count; look *= 2) {
      floats[PARAMETERS_AT / 4 + BOUND_PARAMETERS.threshold] = lowers.threshold;
      integers[COUNTS / 4] = 0;
      from = bound(from, Math.min(count, from + look), stride, list, first, free);
      this.#take(listed);
      if (this.#count > FREE_ROWS + from * USEFUL_SHARE) {
        this.#retreat.ended(false);
        return undefined;
      }
    }
    this.#retreat.ended(true);
    return this.#reaching(lowers.threshold, to);
  }

  /** Coded once for all blocks: what is at `free` is of the query that was asked with last, of whatever block. */
  #codeQuery({ queriesId, query, stride }: Asked, free: number): CodedQuery | undefined {
    const scratch = this.#scratch;
    if (scratch.coded?.queriesId !== queriesId) {
      const coded = codeQuery(scratch, { from: query / 4, at: free, stride }, this.#products);
      scratch.coded = { queriesId, coded };
    }
    return scratch.coded.coded;
  }

  /** Take the groups off the stage. */
  #take({ list, count, first }: Listed): void {
    const { integers, floats } = this.#scratch;
    const lowers = this.#lowers;
    const groups = integers[COUNTS / 4]!;
    if (this.#count + groups * ROWS_AT_ONCE > this.#rows.length) this.#grow();
    const [rows, uppers] = [this.#rows, this.#uppers];
    let { threshold } = lowers;
    let end = this.#count;
    for (let group = 0; group < groups; group++) {
      const at = (STAGE + group * GROUP_BYTES) / 4;
      const place = integers[at + 2 * ROWS_AT_ONCE]!;
      const taken = Math.min(ROWS_AT_ONCE, count - place);
      for (let n = 0; n < taken; n++) {
        const upper = floats[at + ROWS_AT_ONCE + n]!;
        // Not a number: nothing is known of the row.
        if (upper < threshold) continue;
        const row = first + integers[list / 4 + place + n]!;
        rows[end] = row;
        uppers[end++] = upper;
        const lower = floats[at + n]!;
        if (!(lower >= threshold)) continue;
        lowers.offer(row, lower);
        threshold = lowers.threshold;
      }
    }
    this.#count = end;
  }

  #grow(): void {
    const [rows, uppers] = [this.#rows, this.#uppers];
    this.#rows = new Uint32Array(2 * rows.length);
    this.#uppers = new Float32Array(2 * rows.length);
    this.#rows.set(rows);
    this.#uppers.set(uppers);
  }

  #reaching(threshold: number, to: number): number {
    const { integers } = this.#scratch;
    let end = to / 4;
    for (let n = 0; n < this.#count; n++) {
      if (!(this.#uppers[n]! < threshold)) integers[end++] = this.#rows[n]!;
    }
    return end - to / 4;
  }
}

/** Rounding: of the scores, sixteen sums side by side, and of the bounds themselves; as a share of the product of lengths. */
export function roundingShare(stride: number): number {
  return (stride / 16 + 64) * 2 ** -24;
}

function writeParameters(floats: Float32Array, { step, rest, length }: CodedQuery, stride: number): void {
  const at = PARAMETERS_AT / 4;
  const share = roundingShare(stride);
  floats[at + BOUND_PARAMETERS.step] = step;
  floats[at + BOUND_PARAMETERS.rest] = rest + length * 2 ** -20;
  floats[at + BOUND_PARAMETERS.square] = length ** 2;
  floats[at + BOUND_PARAMETERS.most] = length ** 2 * (1 + 2 ** -18);
  floats[at + BOUND_PARAMETERS.slack] = length * share;
  floats[at + BOUND_PARAMETERS.share] = 2 * share;
}

import { BestRows } from "./best-rows.ts";
import {
  BOUND_PARAMETERS,
  type BoundFunction,
  type BoundParameters,
  boundsModule,
  GROUP_BYTES,
  PARAMETERS_AT,
  type Products,
  ROWS_AT_ONCE,
  STAGE_GROUPS,
} from "./bounds-module.ts";
import { type CodedQuery, codeQuery } from "./codes.ts";
import type { Metric } from "./scan.ts";
import { COUNTS, STAGE } from "./scan-module.ts";

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
  /** `stride` values. */
  query: Float32Array;
  stride: number;
}

/** Beyond this share of its rows a search has no use for bounds. */
const USEFUL_SHARE = 1 / 4;
/** Rows that may be wanted whatever their share: as many as a search begins with, before it knows a threshold. */
const FREE_ROWS = 2 * STAGE_GROUPS * ROWS_AT_ONCE;
/** Fewer values than these are compared before bounds are thought about. */
const LEAST_VALUES = 2 ** 18;
/** After a search that had no use for them, so many of the block go without; twice as many each time, up to a limit. */
const MOST_PAUSE = 64;

const modules = new Map<Products, WebAssembly.Module>();

function compiled(products: Products): WebAssembly.Module {
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
  readonly #scratch: WebAssembly.Memory;
  readonly #lowers = new BestRows(1);
  readonly #rows: number[] = [];
  readonly #uppers: number[] = [];
  readonly #bound: Record<Metric, BoundFunction>;
  #pause = 1;
  #left = 0;

  constructor(scratch: WebAssembly.Memory, codes: WebAssembly.Memory, products = fastestProducts()) {
    this.#products = products;
    this.#scratch = scratch;
    const { exports } = new WebAssembly.Instance(compiled(products), {
      scratch: { memory: scratch },
      codes: { memory: codes },
    });
    this.#bound = exports as Record<Metric, BoundFunction>;
  }

  /**
   * Write the rows that may be wanted to `to`, in the order of the list; how many. Undefined: it is not worth it.
   *
   * @param free an address from which the scratch memory has room for the query's code
   */
  survivors(
    { list, count, first }: Listed,
    asked: Asked,
    { free, to }: { free: number; to: number },
  ): number | undefined {
    if (count < FREE_ROWS || count * asked.stride < LEAST_VALUES || asked.k > count * USEFUL_SHARE) return undefined;
    if (this.#left > 0) {
      this.#left--;
      return undefined;
    }
    const { metric, k, threshold, stride } = asked;
    const bytes = new Uint8Array(this.#scratch.buffer);
    const coded = codeQuery(asked.query, stride, { bytes, at: free }, this.#products);
    if (!coded) return undefined;
    const integers = new Uint32Array(this.#scratch.buffer);
    const floats = new Float32Array(this.#scratch.buffer);
    this.#write(floats, parametersOf(coded, stride));
    const lowers = this.#lowers;
    lowers.reset(k, threshold);
    this.#rows.length = 0;
    this.#uppers.length = 0;
    for (let from = 0; from < count; ) {
      floats[PARAMETERS_AT / 4] = lowers.threshold;
      integers[COUNTS / 4] = 0;
      from = this.#bound[metric](from, count, stride, list, first, free);
      this.#take(integers, floats, { list, count, first });
      if (this.#rows.length > FREE_ROWS + from * USEFUL_SHARE) return this.#giveUp();
    }
    this.#pause = 1;
    return this.#reaching(lowers.threshold, integers, to);
  }

  #write(floats: Float32Array, parameters: BoundParameters): void {
    for (const [n, name] of BOUND_PARAMETERS.entries()) floats[PARAMETERS_AT / 4 + n] = parameters[name];
  }

  /** Take the groups off the stage. */
  #take(integers: Uint32Array, floats: Float32Array, { list, count, first }: Listed): void {
    const lowers = this.#lowers;
    const groups = integers[COUNTS / 4]!;
    for (let group = 0; group < groups; group++) {
      const at = (STAGE + group * GROUP_BYTES) / 4;
      const place = integers[at + 2 * ROWS_AT_ONCE]!;
      const taken = Math.min(ROWS_AT_ONCE, count - place);
      for (let n = 0; n < taken; n++) {
        const upper = floats[at + ROWS_AT_ONCE + n]!;
        // Not a number: nothing is known of the row.
        if (upper < lowers.threshold) continue;
        const row = first + integers[list / 4 + place + n]!;
        this.#rows.push(row);
        this.#uppers.push(upper);
        lowers.offer(row, floats[at + n]!);
      }
    }
  }

  #reaching(threshold: number, integers: Uint32Array, to: number): number {
    let end = to / 4;
    for (let n = 0; n < this.#rows.length; n++) {
      if (!(this.#uppers[n]! < threshold)) integers[end++] = this.#rows[n]!;
    }
    return end - to / 4;
  }

  #giveUp(): undefined {
    this.#left = this.#pause;
    this.#pause = Math.min(MOST_PAUSE, 2 * this.#pause);
    return undefined;
  }
}

/** Rounding: of the scores, sixteen sums side by side, and of the bounds themselves; as a share of the product of lengths. */
function parametersOf({ step, rest, length }: CodedQuery, stride: number): BoundParameters {
  const share = (stride / 16 + 64) * 2 ** -24;
  return {
    threshold: 0,
    step,
    rest: rest + length * 2 ** -20,
    square: length ** 2,
    most: length ** 2 * (1 + 2 ** -18),
    slack: length * share,
    share: 2 * share,
  };
}

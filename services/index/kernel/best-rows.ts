import { TIES } from "./scan.ts";

/**
 * Keeps the best rows of what it is offered: `k` of them, and those that share the last one's score while there is room
 * for at most `max(k, TIES)` in all. What is kept does not depend on the order of the offers.
 *
 * A row is one 64-bit number, of which a smaller one is better: above the score, reversed, below the number of the row.
 * So the order that everybody agrees on is the order of numbers, and the runtime's own sort does the work.
 */
export class BestRows {
  readonly #k: number;
  readonly #limit: number;
  #keys: BigUint64Array<ArrayBuffer>;
  /** The halves of the keys, low before high: every processor that these runtimes run on is little-endian. */
  #words: Uint32Array<ArrayBuffer>;
  #count = 0;
  #threshold: number;

  /** @param minScore rows below it are not wanted; rounded to float32. */
  constructor(k: number, minScore = Number.NEGATIVE_INFINITY) {
    this.#k = k;
    this.#limit = Math.max(k, TIES);
    this.#threshold = Math.fround(minScore);
    this.#keys = new BigUint64Array(64);
    this.#words = new Uint32Array(this.#keys.buffer);
  }

  /** Scores below this cannot enter any more. */
  get threshold(): number {
    return this.#threshold;
  }

  /** Whether the rows with the threshold's score fill all there is room for: only a smaller row number could enter. */
  get full(): boolean {
    return this.#count >= this.#limit && this.#words[2 * this.#limit - 1] === scoreToKey(bitsOf(this.#threshold));
  }

  /** Offer `count` pairs of (row, bits of the score). */
  offer(pairs: Uint32Array, count: number, base = 0): void {
    this.#makeRoom(count);
    for (let n = 0; n < count; n++) {
      const at = 2 * this.#count++;
      this.#words[at] = pairs[2 * n]! + base;
      this.#words[at + 1] = scoreToKey(pairs[2 * n + 1]!);
    }
  }

  /** Offer keys that another one has kept, with `base` added to their rows. */
  offerKeys(keys: BigUint64Array, base: number): void {
    this.#makeRoom(keys.length);
    const from = 2 * this.#count;
    this.#keys.set(keys, this.#count);
    this.#count += keys.length;
    for (let at = from; at < 2 * this.#count; at += 2) this.#words[at]! += base;
  }

  /** Let go of what is not among the best, and raise the threshold. */
  prune(): void {
    const keys = this.#keys.subarray(0, this.#count).sort();
    if (this.#count < this.#k) return;
    const last = this.#words[2 * this.#k - 1]!;
    this.#threshold = Math.max(this.#threshold, floatOf(keyToScore(last)));
    let kept = this.#k;
    while (kept < keys.length && kept < this.#limit && this.#words[2 * kept + 1] === last) kept++;
    this.#count = kept;
  }

  /** What was kept as keys, in no order; a copy. */
  keys(): BigUint64Array<ArrayBuffer> {
    return this.#keys.slice(0, this.#count);
  }

  /** What was kept, best first. */
  best(): { rows: Uint32Array; scores: Float32Array } {
    this.prune();
    const rows = new Uint32Array(this.#count);
    const scores = new Float32Array(this.#count);
    const bits = new Uint32Array(scores.buffer);
    for (let n = 0; n < this.#count; n++) {
      rows[n] = this.#words[2 * n]!;
      bits[n] = keyToScore(this.#words[2 * n + 1]!);
    }
    return { rows, scores };
  }

  #makeRoom(count: number): void {
    if (this.#count + count <= this.#keys.length) return;
    // Pruning when half is new keeps it cheap; before there are k rows, it would gain nothing.
    if (this.#count >= 2 * this.#k) this.prune();
    const needed = 2 * (this.#count + count);
    if (needed <= this.#keys.length) return;
    const keys = new BigUint64Array(needed);
    keys.set(this.#keys.subarray(0, this.#count));
    this.#keys = keys;
    this.#words = new Uint32Array(keys.buffer);
  }
}

/**
 * The bits of a float32 as an unsigned number that is smaller for a higher score. Positive floats are ordered as their
 * bits are, and negative ones in reverse.
 */
function scoreToKey(bits: number): number {
  return (bits & 0x80000000 ? bits : bits ^ 0x7fffffff) >>> 0;
}

/** The inverse, which has the same form. */
const keyToScore = scoreToKey;

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

function bitsOf(value: number): number {
  float[0] = value;
  return bits[0]!;
}

function floatOf(value: number): number {
  bits[0] = value;
  return float[0]!;
}

/** The next float32 above. */
export function nextAbove(value: number): number {
  if (value === 0) return 2 ** -149;
  if (value === Number.POSITIVE_INFINITY) return value;
  return floatOf(bitsOf(value) + (value > 0 ? 1 : -1));
}

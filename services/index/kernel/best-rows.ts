import { TIES } from "./scan.ts";

/**
 * Keeps the best rows of what it is offered: `k` of them, and those that share the last one's score while there is room
 * for at most `max(k, TIES)` in all. What is kept does not depend on the order of the offers.
 *
 * The best `k` are a heap whose root is the worst of them, so an offer costs O(log k), and most are refused by a look at
 * the root. Equal scores: the smaller row is better.
 */
export class BestRows {
  #k = 0;
  #room = 0;
  #least = Number.NEGATIVE_INFINITY;
  #count = 0;
  #rows = new Uint32Array(16);
  #scores = new Float32Array(16);
  /** Rows that share the root's score and are not in the heap. */
  #ties: number[] = [];

  /** @param minScore rows below it are not wanted; rounded to float32. */
  constructor(k: number, minScore?: number) {
    this.reset(k, minScore);
  }

  /** Forget everything and begin anew, without taking new memory. */
  reset(k: number, minScore = Number.NEGATIVE_INFINITY): void {
    this.#k = k;
    this.#room = Math.max(k, TIES) - k;
    this.#least = Math.fround(minScore);
    this.#count = 0;
    if (this.#ties.length > 0) this.#ties = [];
  }

  /** How many are kept. */
  get count(): number {
    return this.#count + Math.min(this.#ties.length, this.#room);
  }

  /** Scores below this cannot enter any more. */
  get threshold(): number {
    return this.#count < this.#k ? this.#least : this.#scores[0]!;
  }

  /** Whether rows with the threshold's score fill all there is room for: of these, only a smaller row could enter. */
  get full(): boolean {
    return this.#count === this.#k && this.#ties.length >= this.#room;
  }

  offer(row: number, score: number): void {
    if (!(score >= this.threshold)) return;
    if (this.#count < this.#k) {
      if (this.#count === this.#rows.length) this.#grow();
      this.#rise(this.#count++, row, score);
      return;
    }
    const worstRow = this.#rows[0]!;
    const worstScore = this.#scores[0]!;
    if (score === worstScore && row > worstRow) {
      this.#tie(row);
      return;
    }
    this.#sink(row, score, this.#count);
    if (this.#scores[0] === worstScore) this.#tie(worstRow);
    else if (this.#ties.length > 0) this.#ties = [];
  }

  /** What is kept, in no order: row and score of each from `rows[at]` and `scores[at]` on. Returns how many. */
  write(rows: Uint32Array, scores: Float32Array, at: number): number {
    rows.set(this.#rows.subarray(0, this.#count), at);
    scores.set(this.#scores.subarray(0, this.#count), at);
    const ties = this.#sortedTies();
    rows.set(ties, at + this.#count);
    scores.fill(this.threshold, at + this.#count, at + this.#count + ties.length);
    return this.#count + ties.length;
  }

  /** What was kept, best first; afterwards nothing is left. */
  take(): { rows: Uint32Array; scores: Float32Array } {
    const ties = this.#sortedTies();
    const rows = new Uint32Array(this.#count + ties.length);
    const scores = new Float32Array(rows.length);
    rows.set(ties, this.#count);
    scores.fill(this.threshold, this.#count);
    // The worst leaves first; the last one of what remains takes its place.
    for (let left = this.#count - 1; left >= 0; left--) {
      rows[left] = this.#rows[0]!;
      scores[left] = this.#scores[0]!;
      this.#sink(this.#rows[left]!, this.#scores[left]!, left);
    }
    this.reset(this.#k, this.#least);
    return { rows, scores };
  }

  /** The smallest row numbers stay, whatever the order in which they came. */
  #tie(row: number): void {
    this.#ties.push(row);
    if (this.#ties.length > 2 * this.#room) this.#ties = this.#sortedTies();
  }

  #sortedTies(): number[] {
    if (this.#ties.length === 0) return this.#ties;
    return this.#ties.sort((a, b) => a - b).slice(0, this.#room);
  }

  #grow(): void {
    const rows = new Uint32Array(Math.min(this.#k, this.#rows.length * 4));
    const scores = new Float32Array(rows.length);
    rows.set(this.#rows);
    scores.set(this.#scores);
    this.#rows = rows;
    this.#scores = scores;
  }

  /** Put a row in at the end and let it rise above those that are better. */
  #rise(end: number, row: number, score: number): void {
    const [rows, scores] = [this.#rows, this.#scores];
    let at = end;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = scores[parent]!;
      if (above < score || (above === score && rows[parent]! > row)) break;
      rows[at] = rows[parent]!;
      scores[at] = above;
      at = parent;
    }
    rows[at] = row;
    scores[at] = score;
  }

  /** Put a row in the root's place and let it sink below those that are worse. */
  #sink(row: number, score: number, end: number): void {
    const [rows, scores] = [this.#rows, this.#scores];
    let at = 0;
    for (let child = 1; child < end; child = 2 * at + 1) {
      let below = scores[child]!;
      if (child + 1 < end) {
        const other = scores[child + 1]!;
        if (other < below || (other === below && rows[child + 1]! > rows[child]!)) {
          child++;
          below = other;
        }
      }
      if (below > score || (below === score && rows[child]! < row)) break;
      rows[at] = rows[child]!;
      scores[at] = below;
      at = child;
    }
    rows[at] = row;
    scores[at] = score;
  }
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** The next float32 above. The bits of positive floats are ordered as they are, those of negative ones in reverse. */
export function nextAbove(value: number): number {
  if (value === 0) return 2 ** -149;
  if (value === Number.POSITIVE_INFINITY) return value;
  float[0] = value;
  bits[0]! += value > 0 ? 1 : -1;
  return float[0]!;
}

import { compare } from "./vectors/answer.ts";
import type { Neighbour } from "./vectors/types.ts";

/** Keeps the best `k` of what it is offered, in O(log k) an offer. Equal scores: the smaller item id is better. */
export class TopK {
  readonly #k: number;
  /** A heap whose root is the worst that is kept. */
  readonly #heap: Neighbour[] = [];

  constructor(k: number) {
    if (!Number.isInteger(k) || k < 1) throw new RangeError(`expected k of 1 or more, got ${k}`);
    this.#k = k;
  }

  /** Scores below this cannot enter any more: check it before the work of an offer. */
  get threshold(): number {
    return this.#heap.length < this.#k ? Number.NEGATIVE_INFINITY : this.#heap[0]!.score;
  }

  offer(itemId: string, score: number): void {
    const candidate = { itemId, score };
    if (this.#heap.length < this.#k) {
      this.#heap.push(candidate);
      this.#rise(this.#heap.length - 1);
    } else if (compare(candidate, this.#heap[0]!) < 0) {
      this.#heap[0] = candidate;
      this.#sink();
    }
  }

  /** What was kept, best first. */
  best(): Neighbour[] {
    return [...this.#heap].sort(compare);
  }

  #rise(start: number): void {
    const heap = this.#heap;
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (compare(heap[at]!, heap[parent]!) <= 0) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && compare(heap[child]!, heap[worst]!) > 0) worst = child;
      }
      if (worst === at) return;
      this.#swap(at, worst);
      at = worst;
    }
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = kept;
  }
}

/** What a {@link FairQueue} has to know of a waiting thing. */
export interface Waiting {
  readonly caller: string;
  readonly shape: string;
  /** Rows. */
  readonly size: number;
  /** `Infinity`: none. */
  readonly deadlineMs: number;
  /** Number of arrival. */
  readonly order: number;
  /** Already paid for: being served does not count against its caller. */
  readonly paid: boolean;
}

/** What {@link FairQueue.take} does with a candidate: take it, leave it and go on, or leave it and end. */
export type Verdict = "take" | "skip" | "stop";

/** Callers of the past that are remembered beyond twice the present ones. */
const REMEMBERED = 64;

interface Caller<T> {
  name: string;
  /** Sorted by deadline, then arrival. */
  byShape: Map<string, T[]>;
  rows: number;
}

/**
 * Waiting things of one class, in the order in which they are served.
 *
 * Between callers fairness decides: next is who was served the fewest rows, counted as in the Virtual Token Counter
 * (Sheng et al., OSDI'24) and start-time fair queueing before it (Goyal et al., 1996): a caller who comes anew starts
 * where the least served of those present stands, so that having been away earns nothing. A deadline decides only
 * inside a caller (earliest first) and between callers who were served equally, because a deadline is what the caller
 * says: were it to decide between callers, the one who claims the shortest would take everything.
 */
export class FairQueue<T extends Waiting> {
  readonly #callers = new Map<string, Caller<T>>();
  /** Rows served, by caller; those gone keep theirs until everybody present has passed it. */
  readonly #served = new Map<string, number>();
  readonly #rowsByShape = new Map<string, number>();
  #floor = 0;
  #rows = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Rows waiting of each shape. */
  get rowsByShape(): ReadonlyMap<string, number> {
    return this.#rowsByShape;
  }

  add(item: T): void {
    const caller = this.#callers.get(item.caller) ?? this.#welcome(item.caller);
    const list = caller.byShape.get(item.shape) ?? [];
    list.splice(placeOf(list, item), 0, item);
    caller.byShape.set(item.shape, list);
    this.#count(caller, item, 1);
  }

  /** @returns whether it was there. */
  remove(item: T): boolean {
    const caller = this.#callers.get(item.caller);
    const list = caller?.byShape.get(item.shape);
    const at = list?.indexOf(item) ?? -1;
    if (!caller || !list || at < 0) return false;
    list.splice(at, 1);
    if (list.length === 0) caller.byShape.delete(item.shape);
    this.#count(caller, item, -1);
    if (caller.rows === 0) this.#callers.delete(item.caller);
    if (this.#callers.size === 0) this.#floor = Math.max(this.#floor, this.#served.get(item.caller) ?? 0);
    return true;
  }

  /** The one served next. */
  first(): T | undefined {
    let best: T | undefined;
    for (const { byShape } of this.#callers.values()) {
      for (const [item] of byShape.values()) if (item && (!best || this.#before(item, best))) best = item;
    }
    return best;
  }

  /** Those of one shape, in no order. */
  *ofShape(shape: string): Generator<T> {
    for (const { byShape } of this.#callers.values()) yield* byShape.get(shape) ?? [];
  }

  /** Take things of one shape in the order of service; each one taken counts for its caller at once. */
  take(shape: string, judge: (item: T) => Verdict): T[] {
    const lists = [...this.#callers.values()].flatMap(({ byShape }) => {
      const list = byShape.get(shape);
      return list ? [[...list]] : [];
    });
    const taken: T[] = [];
    for (;;) {
      let best: T[] | undefined;
      for (const list of lists) {
        if (list[0] && (!best?.[0] || this.#before(list[0], best[0]))) best = list;
      }
      const item = best?.shift();
      if (!item) break;
      const verdict = judge(item);
      if (verdict === "stop") break;
      if (verdict === "skip") continue;
      taken.push(item);
      this.remove(item);
      this.#charge(item);
    }
    return taken;
  }

  /** Rows that would be served before a new thing like this one. */
  rowsBefore(item: Pick<T, "caller" | "deadlineMs">): number {
    const own = this.#callers.get(item.caller);
    let before = 0;
    for (const list of own?.byShape.values() ?? []) {
      for (const other of list) if (other.deadlineMs <= item.deadlineMs) before += other.size;
    }
    const start = Math.max(this.#served.get(item.caller) ?? 0, this.#lowest()) + before;
    for (const caller of this.#callers.values()) {
      if (caller === own) continue;
      before += Math.min(caller.rows, Math.max(0, start - (this.#served.get(caller.name) ?? 0) + 1));
    }
    return before;
  }

  /**
   * Whom to send away when there is no room: the last thing of the caller who has most rows waiting, if that is more
   * than `caller` would have with `size` more; undefined when `caller` is the one who has too many.
   */
  heaviest(caller: string, size: number): T | undefined {
    let most: Caller<T> | undefined;
    for (const other of this.#callers.values()) if (!most || other.rows > most.rows) most = other;
    if (!most || most.name === caller) return undefined;
    if (most.rows <= (this.#callers.get(caller)?.rows ?? 0) + size) return undefined;
    let last: T | undefined;
    for (const list of most.byShape.values()) {
      const item = list.at(-1);
      if (item && (!last || earlier(last, item))) last = item;
    }
    return last;
  }

  #welcome(name: string): Caller<T> {
    this.#floor = this.#lowest();
    const caller = { name, byShape: new Map<string, T[]>(), rows: 0 };
    this.#served.set(name, Math.max(this.#served.get(name) ?? 0, this.#floor));
    this.#callers.set(name, caller);
    if (this.#served.size > REMEMBERED + 2 * this.#callers.size) {
      for (const [other, served] of this.#served) {
        if (served <= this.#floor && !this.#callers.has(other)) this.#served.delete(other);
      }
    }
    return caller;
  }

  /** What the least served of those present was served; what it was when nobody is. */
  #lowest(): number {
    if (this.#callers.size === 0) return this.#floor;
    let lowest = Number.POSITIVE_INFINITY;
    for (const name of this.#callers.keys()) lowest = Math.min(lowest, this.#served.get(name) ?? 0);
    return lowest;
  }

  #charge({ caller, size, paid }: T): void {
    if (!paid) this.#served.set(caller, (this.#served.get(caller) ?? 0) + size);
  }

  #count(caller: Caller<T>, { shape, size }: T, sign: 1 | -1): void {
    caller.rows += sign * size;
    this.#rows += sign * size;
    this.#length += sign;
    const rows = (this.#rowsByShape.get(shape) ?? 0) + sign * size;
    if (rows > 0) this.#rowsByShape.set(shape, rows);
    else this.#rowsByShape.delete(shape);
  }

  #before(a: T, b: T): boolean {
    const served = (this.#served.get(a.caller) ?? 0) - (this.#served.get(b.caller) ?? 0);
    return served === 0 ? earlier(a, b) : served < 0;
  }
}

function earlier(a: Waiting, b: Waiting): boolean {
  return a.deadlineMs === b.deadlineMs ? a.order < b.order : a.deadlineMs < b.deadlineMs;
}

/** Where in a sorted list it belongs. */
function placeOf<T extends Waiting>(list: readonly T[], item: T): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = list[middle];
    if (other && earlier(item, other)) high = middle;
    else low = middle + 1;
  }
  return low;
}

import type { Recall } from "./ask.ts";
import type { SearchCall } from "./plan.ts";

const MOST_DIFFERENCES = 20;
/** Mean recall of an index's graph below which it is wrong, and from how many answers on that is known. */
const LEAST_RECALL = 0.95;
const ENOUGH = 50;

/** Of the answers that one index's graph gave. */
export interface GraphRecall {
  answers: number;
  /** Of their recalls. */
  mean: number;
  /** The worst one. */
  lowest: number;
  /** Answers that lacked nothing. */
  perfect: number;
}

/** What was done and what differed. */
export class Tally {
  readonly counts: Record<string, number> = {};
  readonly differences: string[] = [];
  readonly #graphs = new Map<string, { sum: number; answers: number; lowest: number; perfect: number }>();
  /** Where the run is, for messages. */
  place = "";

  count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }

  /** @throws when it is enough */
  differs(what: string): void {
    this.differences.push(`${this.place}, ${what}`);
    if (this.differences.length >= MOST_DIFFERENCES) throw new Error("too many differences to go on");
  }

  judged(found: { differences: string[]; recalls: Recall[] }, { queries, filter, ...call }: SearchCall): void {
    this.count("lists compared", queries.length);
    for (const { index, recall } of found.recalls) {
      const of = this.#graphs.get(index) ?? { sum: 0, answers: 0, lowest: 1, perfect: 0 };
      this.#graphs.set(index, of);
      of.sum += recall;
      of.answers++;
      of.lowest = Math.min(of.lowest, recall);
      if (recall === 1) of.perfect++;
    }
    for (const difference of found.differences) {
      this.differs(`search ${JSON.stringify(call)} with ${JSON.stringify(filter)}: ${difference}`);
    }
  }

  /** By index. */
  get graphRecall(): Record<string, GraphRecall> {
    const all = [...this.#graphs].map(([index, { sum, answers, lowest, perfect }]) => [
      index,
      { answers, mean: sum / answers, lowest, perfect },
    ]);
    return Object.fromEntries(all);
  }

  /** At the end: a graph that finds too little is a difference. */
  judgeRecall(): void {
    for (const [index, { answers, mean }] of Object.entries(this.graphRecall)) {
      if (answers >= ENOUGH && mean < LEAST_RECALL)
        this.differs(`graphs of ${index} have a recall of ${mean.toFixed(4)}, expected ${LEAST_RECALL} or more`);
    }
  }
}

import type { SearchCall } from "./plan.ts";

const MOST_DIFFERENCES = 20;

/** What was done and what differed. */
export class Tally {
  readonly counts: Record<string, number> = {};
  readonly differences: string[] = [];
  /** Recall of the answers that graphs gave. */
  recallSum = 0;
  recalls = 0;
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

  judged(found: { differences: string[]; recalls: number[] }, { queries, filter, ...call }: SearchCall): void {
    this.count("lists compared", queries.length);
    for (const recall of found.recalls) {
      this.recallSum += recall;
      this.recalls++;
    }
    for (const difference of found.differences) {
      this.differs(`search ${JSON.stringify(call)} with ${JSON.stringify(filter)}: ${difference}`);
    }
  }
}

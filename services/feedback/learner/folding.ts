import { decodePriors } from "../learning/codec.ts";
import { fold, type LogEntry } from "../learning/fold.ts";
import type { CommonState, ItemCount, PersonState, Priors } from "../learning/state.ts";
import type { ShownInLog, StoredEntry } from "../log/read-log.ts";

/** A fold over entries of the log under way: what was known before, and what they made of it. */
export class Folding {
  common: CommonState;
  /** People as they are now; without those who were not asked for. Undefined: nothing is kept of them. */
  readonly people: Map<string, PersonState | undefined>;
  /** Whose state is another one than before. */
  readonly changed = new Set<string>();
  /** What the entries added. */
  readonly itemCounts = new Map<string, ItemCount>();
  /** The fold said that it is time for these; the last time it did. */
  publish: { afterSeq: bigint; priors: Priors } | undefined;

  constructor(common: CommonState, people: Iterable<readonly [string, PersonState | undefined]> = []) {
    this.common = common;
    this.people = new Map(people);
  }

  /** Fold in one entry, of which `shown` holds the recommendation that it names, if there is one. */
  add(entry: StoredEntry, shown: ReadonlyMap<string, ShownInLog>): void {
    const userId = userOf(entry);
    const before = userId === undefined ? undefined : this.people.get(userId);
    const named = entry.kind === "event" ? shown.get(entry.event.recommendationId) : undefined;
    // What was shown only after the answer was not answered by it.
    const recommendation = named && named.seq < entry.seq ? named.recommendation : undefined;
    const folded = fold(logEntry(entry), before, this.common, recommendation);
    this.common = folded.common;
    if (userId !== undefined && folded.person !== before) {
      this.people.set(userId, folded.person);
      this.changed.add(userId);
    }
    for (const { itemId, shown, positive, negative } of folded.itemCounts) {
      const sum = this.itemCounts.get(itemId);
      this.itemCounts.set(itemId, {
        itemId,
        shown: shown + (sum?.shown ?? 0),
        positive: positive + (sum?.positive ?? 0),
        negative: negative + (sum?.negative ?? 0),
      });
    }
    if (entry.kind === "prior") this.publish = undefined;
    if (folded.publish) this.publish = { afterSeq: entry.seq, priors: folded.publish };
  }
}

/** The person whose state an entry may change. */
export function userOf(entry: StoredEntry): string | undefined {
  if (entry.kind === "event") return entry.event.userId;
  return entry.kind === "reset" ? entry.userId : undefined;
}

/** The recommendations that entries name. */
export function namedRecommendations(entries: readonly StoredEntry[]): string[] {
  const ids = entries.map((entry) => (entry.kind === "event" ? entry.event.recommendationId : ""));
  return [...new Set(ids)].filter((id) => id !== "");
}

function logEntry(entry: StoredEntry): LogEntry {
  if (entry.kind !== "prior") return entry;
  return { kind: "prior", seq: entry.seq, priors: decodePriors(entry.priors) };
}

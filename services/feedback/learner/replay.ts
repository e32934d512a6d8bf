import type { Sql } from "postgres";
import { initialCommon } from "../learning/default-priors.ts";
import type { CommonState, ItemCount, PersonState } from "../learning/state.ts";
import { readEntries, readShown } from "../log/read-log.ts";
import { Folding, namedRecommendations } from "./folding.ts";

/** What the log says, folded from its beginning. */
export interface Replayed {
  common: CommonState;
  people: ReadonlyMap<string, PersonState | undefined>;
  itemCounts: ReadonlyMap<string, ItemCount>;
}

const PAGE = 1000;

/** Fold the log from zero up to `upTo`, without a look at what was learned, and without writing anything. */
export async function replay(sql: Sql, upTo: bigint): Promise<Replayed> {
  const folding = new Folding(initialCommon());
  for (let seq = 0n; seq < upTo; ) {
    const next = seq + BigInt(PAGE) < upTo ? seq + BigInt(PAGE) : upTo;
    const entries = await readEntries(sql, seq, next);
    const shown = await readShown(sql, namedRecommendations(entries));
    for (const entry of entries) folding.add(entry, shown);
    seq = next;
  }
  return folding;
}

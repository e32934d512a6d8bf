import type { Sql } from "postgres";

/** What a person's events say; the latest action on an item decides. */
export interface Taste {
  eventCount: bigint;
  /** Newest first. */
  likedItemIds: string[];
  dislikedItemIds: string[];
}

export interface TasteRules {
  /** Numbers of the actions that say yes; all others say no. */
  likes: readonly number[];
  /** Longest list. */
  limit: number;
}

export async function readTaste(sql: Sql, userId: string, { likes, limit }: TasteRules): Promise<Taste> {
  const [row] = await sql<{ event_count: string; liked: string[]; disliked: string[] }[]>`
    with latest as (
      select distinct on (item_id) item_id, action = any(${[...likes]}::smallint[]) as liked, occurred_at, event_seq
      from feedback.event where user_id = ${userId}
      order by item_id, occurred_at desc, event_seq desc
    )
    select
      (select count(*) from feedback.event where user_id = ${userId}) as event_count,
      array(select item_id from latest where liked order by occurred_at desc, event_seq desc limit ${limit}) as liked,
      array(select item_id from latest where not liked order by occurred_at desc, event_seq desc limit ${limit}) as disliked`;
  const { event_count, liked, disliked } = row!;
  return { eventCount: BigInt(event_count), likedItemIds: liked, dislikedItemIds: disliked };
}

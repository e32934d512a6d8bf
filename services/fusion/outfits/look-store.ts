import type { Sql } from "postgres";
import { databaseErrors } from "../../kit/database.ts";

/** A category and colour that an owner has garments of. */
export interface Look {
  ownerId: string;
  category: string;
  colour: string;
}

export interface NewestOptions {
  /** How many of each look. */
  each: number;
  /** Only garments that have one of the tags of each group; without any: all. */
  tagGroups: readonly (readonly string[])[];
}

/** What there is to put together. */
export interface LookStore {
  /** Which looks these owners have, at most 1,000 of each: one step in the index for each look, however many garments there are. */
  looks(owners: readonly string[]): Promise<Look[]>;
  /** Ids of the newest ready garments of each look, of all looks in their order. */
  newest(looks: readonly Look[], options: NewestOptions): Promise<string[]>;
}

const MOST_LOOKS = 1000;

export function createLookStore(sql: Sql): LookStore {
  return {
    async looks(owners) {
      const found = await Promise.all(
        owners.map((owner) =>
          databaseErrors(
            async () =>
              await sql<{ category: string; colour: string }[]>`
              with recursive look as (
                (select category, colour from fusion.garments where owner_id = ${owner} and state = 'ready'
                 order by category, colour limit 1)
                union all
                select next.category, next.colour from look cross join lateral (
                  select category, colour from fusion.garments
                  where owner_id = ${owner} and state = 'ready' and (category, colour) > (look.category, look.colour)
                  order by category, colour limit 1) as next
              )
              select category, colour from look limit ${MOST_LOOKS}`,
          ),
        ),
      );
      return found.flatMap((rows, i) => rows.map((row) => ({ ownerId: owners[i] ?? "", ...row })));
    },

    async newest(looks, { each, tagGroups }) {
      if (looks.length === 0) return [];
      const rows = await databaseErrors(
        async () =>
          await sql<{ id: string }[]>`
          select garment.id
          from unnest(${looks.map(({ ownerId }) => ownerId)}::text[], ${looks.map(({ category }) => category)}::text[],
                      ${looks.map(({ colour }) => colour)}::text[]) with ordinality as look (owner, category, colour, at)
          cross join lateral (
            select id, created_at from fusion.garments
            where owner_id = look.owner and category = look.category and colour = look.colour and state = 'ready'
              ${tagGroups.length > 0 ? tagGroups.map((tags) => sql`and tags && ${[...tags]}::text[]`) : sql``}
            order by created_at desc, id desc limit ${each}) as garment
          order by look.at, garment.created_at desc, garment.id desc`,
      );
      return rows.map(({ id }) => id);
    },
  };
}

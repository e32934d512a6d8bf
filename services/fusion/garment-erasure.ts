import type { Sql } from "postgres";
import { databaseErrors } from "../kit/database.ts";

/** What of a person's garments and outfits was removed, and what could not be yet. */
export interface ErasedGarments {
  garments: number;
  outfits: number;
  corrections: number;
  /** Just being added or changed by somebody; nobody sees them any more, and they go when that has ended. */
  left: number;
}

/** Removes all garments and outfits of one person: `begin`, then the Index forgets them, then `finish`. Every step may be repeated. */
export interface GarmentErasure {
  /** From here on nobody sees any of them. */
  begin(ownerId: string): Promise<void>;
  finish(ownerId: string): Promise<ErasedGarments>;
}

export function createGarmentErasure(sql: Sql): GarmentErasure {
  return {
    async begin(ownerId) {
      await databaseErrors(
        async () =>
          await sql`
          update fusion.garments set state = 'deleting', updated_at = now(),
            open_changes = open_changes + case state when 'adding' then 1 else 0 end
          where owner_id = ${ownerId} and owner_id <> '' and state <> 'deleting'`,
      );
    },

    async finish(ownerId) {
      // One statement: what is left is what was there before it but for what it removes.
      const [row] = await databaseErrors(
        async () =>
          await sql<ErasedGarments[]>`
          with saved as (
            delete from fusion.outfits where user_id = ${ownerId} returning 1
          ), told as (
            delete from fusion.corrections where user_id = ${ownerId} returning 1
          ), removed as (
            delete from fusion.garments
            where owner_id = ${ownerId} and owner_id <> '' and state = 'deleting' and open_changes = 0 returning 1
          )
          select (select count(*) from removed)::int4 as garments, (select count(*) from saved)::int4 as outfits,
            (select count(*) from told)::int4 as corrections,
            (select count(*) from fusion.garments where owner_id = ${ownerId} and owner_id <> '' and state = 'deleting')::int4
              - (select count(*) from removed)::int4 as left`,
      );
      if (row === undefined) throw new Error("expected one row of counts");
      return { ...row };
    },
  };
}

import type { Sql } from "postgres";
import { databaseErrors } from "../kit/database.ts";
import { type GarmentRow, garmentColumns, toGarment } from "./garment-row.ts";
import type { StoredGarment } from "./garment-store.ts";
import { micros } from "./micros.ts";

/** What is to be known of a garment from now on; what is undefined stays. */
export interface GarmentChange {
  category: string | undefined;
  colour: string | undefined;
  priceCents: number | undefined;
  tags: readonly string[] | undefined;
}

/** A garment whose change the Index has yet to be told. */
export interface OpenChange {
  garment: StoredGarment;
  /** Which state of the garment this is. */
  revision: bigint;
}

/** A correction that Feedback has yet to be told. */
export interface Correction {
  eventId: string;
  userId: string;
  garmentId: string;
  /** Microseconds since 1970. */
  occurredAtMicros: bigint;
}

/**
 * Changes of garments in PostgreSQL. A change is open until the Index has what the row says: whoever made it tells the Index
 * and settles it; one whose maker died is found by `claimOpen`. So row and Index agree in the end, whoever dies when.
 */
export interface GarmentChanges {
  /** Changes a ready garment of this owner; undefined if there is none. A person's new category or colour is a correction. */
  begin(id: string, ownerId: string, change: GarmentChange): Promise<OpenChange | undefined>;
  /**
   * The Index has that revision since `changeSeq`. Answers undefined when that is what the row says, else what it says by
   * now: tell the Index again. "gone": it was deleted meanwhile.
   */
  settle(id: string, revision: bigint, changeSeq: bigint): Promise<OpenChange | "gone" | undefined>;
  /** Up to 100 garments whose change was begun so long ago that its maker is gone. */
  claimOpen(olderThanMs: number): Promise<OpenChange[]>;
  /** Up to 100 corrections that Feedback has not acknowledged: of this garment, or, without one, of any. */
  corrections(garmentId?: string): Promise<Correction[]>;
  /** Feedback has acknowledged these. */
  acknowledged(eventIds: readonly string[]): Promise<void>;
}

type ChangeRow = GarmentRow & { revision: string };

export function createGarmentChanges(sql: Sql): GarmentChanges {
  const columns = sql`${garmentColumns(sql)}, revision`;

  return {
    async begin(id, ownerId, { category, colour, priceCents, tags }) {
      // One statement: postgres.js cannot lose its connection within a transaction without throwing where nobody catches.
      const [row] = await databaseErrors(
        async () =>
          await sql<ChangeRow[]>`
          with before as (
            select id, category, colour from fusion.garments
            where id = ${id} and owner_id = ${ownerId} and state = 'ready' for update
          ), changed as (
            update fusion.garments as garment set
              category = coalesce(${category ?? null}::text, garment.category),
              colour = coalesce(${colour ?? null}::text, garment.colour),
              price_cents = coalesce(${priceCents ?? null}::bigint, garment.price_cents),
              tags = coalesce(${tags ? [...tags] : null}::text[], garment.tags),
              revision = garment.revision + 1, open_changes = garment.open_changes + 1, updated_at = now()
            from before where garment.id = before.id
            returning garment.*, (garment.category, garment.colour) <> (before.category, before.colour) as looks_otherwise
          ), corrected as (
            insert into fusion.corrections (event_id, user_id, garment_id)
            select gen_random_uuid(), owner_id, id from changed where owner_id <> '' and looks_otherwise
          )
          select ${columns} from changed`,
      );
      return row && toOpenChange(row);
    },

    async settle(id, revision, changeSeq) {
      return databaseErrors(async () => {
        const [settled] = await sql`
          update fusion.garments set change_seq = greatest(change_seq, ${String(changeSeq)}::int8),
            open_changes = greatest(open_changes - 1, 0)
          where id = ${id} and state = 'ready' and revision = ${String(revision)} returning id`;
        if (settled !== undefined) return undefined;
        const [row] = await sql<ChangeRow[]>`
          select ${columns} from fusion.garments where id = ${id} and state = 'ready'`;
        return row === undefined ? "gone" : toOpenChange(row);
      });
    },

    async claimOpen(olderThanMs) {
      const rows = await databaseErrors(
        async () =>
          await sql<ChangeRow[]>`
          update fusion.garments set open_changes = 1, updated_at = now()
          where id in (
            select id from fusion.garments
            where state = 'ready' and open_changes > 0 and updated_at <= now() - ${olderThanMs} * interval '1 millisecond'
            order by updated_at limit 100 for update skip locked
          ) and state = 'ready' and open_changes > 0
          returning ${columns}`,
      );
      return rows.map(toOpenChange);
    },

    async corrections(garmentId) {
      const rows = await databaseErrors(
        async () =>
          await sql<{ event_id: string; user_id: string; garment_id: string; micros: string }[]>`
          select event_id, user_id, garment_id, ${micros(sql, "occurred_at")} as micros
          from fusion.corrections ${garmentId === undefined ? sql`` : sql`where garment_id = ${garmentId}`}
          order by occurred_at, event_id limit 100`,
      );
      return rows.map(({ event_id, user_id, garment_id, micros }) => ({
        ...{ eventId: event_id, userId: user_id, garmentId: garment_id },
        occurredAtMicros: BigInt(micros),
      }));
    },

    async acknowledged(eventIds) {
      await databaseErrors(
        async () => await sql`delete from fusion.corrections where event_id = any(${[...eventIds]}::uuid[])`,
      );
    },
  };
}

function toOpenChange(row: ChangeRow): OpenChange {
  return { garment: toGarment(row), revision: BigInt(row.revision) };
}

import type { Sql } from "postgres";
import { databaseErrors } from "../kit/database.ts";
import type { GarmentFilter } from "./filters.ts";
import type { GarmentKey } from "./garment-id.ts";
import { type GarmentRow, garmentColumns, toGarment } from "./garment-row.ts";
import { behind } from "./micros.ts";
import type { PageEnd } from "./page-token.ts";

/** A garment that can be seen: all but its picture. */
export interface StoredGarment {
  id: string;
  /** Empty: the catalogue. */
  ownerId: string;
  category: string;
  colour: string;
  caption: string;
  /** In the smallest unit of the currency, 0 to 2³² − 1; 0: unknown. */
  priceCents: number;
  tags: string[];
  /** Microseconds since 1970. */
  createdAtMicros: bigint;
}

/** What is stored before the Index is told. */
export interface GarmentDraft extends GarmentKey {
  ownerId: string;
  /** WebP. */
  picture: Uint8Array;
  category: string;
  colour: string;
  caption: string;
  priceCents: number;
  tags: readonly string[];
}

export interface ListOptions {
  ownerId: string;
  /** Empty: all. */
  categories: readonly string[];
  /** Only what stands behind this garment. */
  after: PageEnd | undefined;
  limit: number;
}

/**
 * The garments in PostgreSQL. A garment is `adding` until the Index has it, then `ready`, and `deleting` until the Index
 * has forgotten it; only ready ones are seen. What stops half way is found by `claimUnfinished`.
 */
export interface GarmentStore {
  /** Ready garments with these ids among those of `owners`. */
  find(ids: readonly string[], owners: readonly string[]): Promise<StoredGarment[]>;
  /** Pictures (WebP) of those of these garments that are ready and among those of `owners`, by id. */
  pictures(ids: readonly string[], owners: readonly string[]): Promise<Map<string, Uint8Array>>;
  /** Newest first; as many as `limit`, and how many there are in all. */
  list(options: ListOptions): Promise<{ garments: StoredGarment[]; total: bigint }>;
  /** The newest ones that pass, of all owners together. */
  newest(filter: GarmentFilter, limit: number): Promise<StoredGarment[]>;
  /** The highest change by which the Index knows a ready garment of these owners; 0n if there is none. */
  newestChange(owners: readonly string[]): Promise<bigint>;
  /** Writes the row as `adding`; the state tells what was there before, "absent" if nothing was. */
  begin(draft: GarmentDraft): Promise<"absent" | "adding" | "ready" | "deleting">;
  /** Turns `adding` into `ready`; false if somebody else did, or it is gone. */
  finish(id: string, changeSeq: bigint): Promise<boolean>;
  /** Turns a ready garment of this owner into `deleting`; false if there is none, true also if it is `deleting` already. */
  beginDelete(id: string, ownerId: string): Promise<boolean>;
  /** Removes those of these rows that are `deleting`, but for one that somebody just adds or changes: the sweep comes back for it. */
  remove(ids: readonly string[]): Promise<void>;
  /** A garment that somebody deleted while it was added: what was added is out of the Index again, so its row may go. */
  abandon(id: string): Promise<void>;
  /** Turns up to 1,000 rows that stopped half way into `deleting`, and returns their ids. */
  claimUnfinished(olderThanMs: number): Promise<string[]>;
}

export function createGarmentStore(sql: Sql): GarmentStore {
  const visible = garmentColumns(sql);

  return {
    async find(ids, owners) {
      if (ids.length === 0) return [];
      const rows = await databaseErrors(
        async () =>
          await sql<GarmentRow[]>`
          select ${visible} from fusion.garments
          where id = any(${[...ids]}::uuid[]) and owner_id = any(${[...owners]}::text[]) and state = 'ready'`,
      );
      return rows.map(toGarment);
    },

    async pictures(ids, owners) {
      if (ids.length === 0) return new Map();
      const rows = await databaseErrors(
        async () =>
          await sql<{ id: string; photo: Uint8Array }[]>`
          select id, photo from fusion.garments
          where id = any(${[...ids]}::uuid[]) and owner_id = any(${[...owners]}::text[]) and state = 'ready'`,
      );
      return new Map(rows.map(({ id, photo }) => [id, photo]));
    },

    async list({ ownerId, categories, after, limit }) {
      const listed = sql`owner_id = ${ownerId} and state = 'ready' ${
        categories.length > 0 ? sql`and category = any(${[...categories]}::text[])` : sql``
      }`;
      const [rows, counted] = await databaseErrors(() =>
        Promise.all([
          sql<GarmentRow[]>`
            select ${visible} from fusion.garments where ${listed} ${behind(sql, "garments", after)}
            order by created_at desc, id desc limit ${limit}`,
          sql<{ total: string }[]>`select count(*)::text as total from fusion.garments where ${listed}`,
        ]),
      );
      return { garments: rows.map(toGarment), total: BigInt(counted[0]?.total ?? 0) };
    },

    async newest({ owners, categories, colours, tagGroups, minPriceCents, maxPriceCents }, limit) {
      const oneOf = (column: "category" | "colour", words: readonly string[]) =>
        words.length > 0 ? sql`and ${sql(column)} = any(${[...words]}::text[])` : sql``;
      // The top of the index of each owner, however many garments there are.
      const rows = await databaseErrors(
        async () =>
          await sql<GarmentRow[]>`
          select newest.* from unnest(${[...owners]}::text[]) as owner cross join lateral (
            select ${visible} from fusion.garments
            where owner_id = owner and state = 'ready' ${oneOf("category", categories)} ${oneOf("colour", colours)}
              ${tagGroups.length > 0 ? tagGroups.map((words) => sql`and tags && ${[...words]}::text[]`) : sql``}
              ${minPriceCents > 0 ? sql`and price_cents >= ${minPriceCents}` : sql``}
              ${maxPriceCents > 0 ? sql`and price_cents between 1 and ${maxPriceCents}` : sql``}
            order by created_at desc, id desc limit ${limit}
          ) as newest
          order by micros::int8 desc, id desc limit ${limit}`,
      );
      return rows.map(toGarment);
    },

    async newestChange(owners) {
      // One look at the top of the index for each owner, however many garments there are.
      const [row] = await databaseErrors(
        async () =>
          await sql<{ seq: string | null }[]>`
          select max((select change_seq from fusion.garments where owner_id = owner and state = 'ready'
                      order by change_seq desc limit 1))::text as seq
          from unnest(${[...owners]}::text[]) as owner`,
      );
      return BigInt(row?.seq ?? 0);
    },

    async begin({ id, photoSha256, ownerId, picture, category, colour, caption, priceCents, tags }) {
      const [row] = await databaseErrors(
        async () =>
          await sql<{ state: "adding" | "ready" | "deleting"; inserted: boolean }[]>`
          insert into fusion.garments
            (id, owner_id, photo_sha256, photo, category, colour, caption, price_cents, tags, state)
          values (${id}, ${ownerId}, ${Buffer.from(photoSha256)}, ${Buffer.from(picture)}, ${category}, ${colour},
            ${caption}, ${priceCents}, ${[...tags]}::text[], 'adding')
          on conflict (id) do update set
            updated_at = case garments.state when 'adding' then now() else garments.updated_at end,
            category = case garments.state when 'adding' then excluded.category else garments.category end,
            colour = case garments.state when 'adding' then excluded.colour else garments.colour end,
            caption = case garments.state when 'adding' then excluded.caption else garments.caption end,
            price_cents = case garments.state when 'adding' then excluded.price_cents else garments.price_cents end,
            tags = case garments.state when 'adding' then excluded.tags else garments.tags end
          returning state, (xmax = 0) as inserted`,
      );
      return row === undefined || row.inserted ? "absent" : row.state;
    },

    async finish(id, changeSeq) {
      const rows = await databaseErrors(
        async () =>
          await sql`
          update fusion.garments set state = 'ready', change_seq = ${String(changeSeq)}, updated_at = now()
          where id = ${id} and state = 'adding' returning id`,
      );
      return rows.length > 0;
    },

    async beginDelete(id, ownerId) {
      const rows = await databaseErrors(
        async () =>
          await sql`
          update fusion.garments set state = 'deleting',
            updated_at = case state when 'deleting' then updated_at else now() end
          where id = ${id} and owner_id = ${ownerId} and state in ('ready', 'deleting') returning id`,
      );
      return rows.length > 0;
    },

    async remove(ids) {
      await databaseErrors(
        async () =>
          await sql`
          delete from fusion.garments
          where id = any(${[...ids]}::uuid[]) and state = 'deleting' and open_changes = 0`,
      );
    },

    async abandon(id) {
      await databaseErrors(
        async () =>
          await sql`
          update fusion.garments set open_changes = greatest(open_changes - 1, 0)
          where id = ${id} and state = 'deleting'`,
      );
    },

    async claimUnfinished(olderThanMs) {
      // Whoever added or changed one of these is long gone.
      const rows = await databaseErrors(
        async () =>
          await sql<{ id: string }[]>`
          update fusion.garments set state = 'deleting', open_changes = 0, updated_at = now()
          where id in (
            select id from fusion.garments
            where state <> 'ready' and updated_at <= now() - ${olderThanMs} * interval '1 millisecond'
            order by updated_at limit 1000
          ) and state <> 'ready'
          returning id`,
      );
      return rows.map(({ id }) => id);
    },
  };
}

import type { Sql } from "postgres";
import { databaseErrors } from "../../kit/database.ts";
import { behind, micros } from "../micros.ts";
import type { PageEnd } from "../page-token.ts";
import type { RankPart } from "../ranking/rank-types.ts";

/** What is kept of an outfit. */
export interface OutfitDraft {
  id: string;
  garmentIds: readonly string[];
  score: number;
  compatibility: number;
  parts: readonly RankPart[];
  reason: string;
}

export interface StoredOutfit extends OutfitDraft {
  /** Microseconds since 1970. */
  createdAtMicros: bigint;
}

/** Outfits that people saved, in PostgreSQL. */
export interface OutfitStore {
  /** Keeps it, or finds it kept: then nothing changes. */
  save(userId: string, draft: OutfitDraft): Promise<{ outfit: StoredOutfit; existed: boolean }>;
  /** Newest first. An outfit of which a garment is just being deleted is left out. */
  list(userId: string, page: { after: PageEnd | undefined; limit: number }): Promise<StoredOutfit[]>;
  /** False if this person has no such outfit. */
  remove(userId: string, id: string): Promise<boolean>;
}

export function createOutfitStore(sql: Sql): OutfitStore {
  const columns = sql`outfit.id, outfit.score, outfit.compatibility, outfit.parts, outfit.reason,
    ${micros(sql, "outfit.created_at")} as micros,
    array(select garment_id::text from fusion.outfit_garments as part
          where part.user_id = outfit.user_id and part.outfit_id = outfit.id order by garment_id) as garment_ids`;

  return {
    async save(userId, draft) {
      const { id, garmentIds, score, compatibility, parts, reason } = draft;
      // Again only if somebody saves and removes the same outfit meanwhile; the call's deadline ends the statements.
      for (;;) {
        const [added] = await databaseErrors(
          async () =>
            await sql<{ micros: string }[]>`
            with added as (
              insert into fusion.outfits (user_id, id, score, compatibility, parts, reason)
              values (${userId}, ${id}, ${score}, ${compatibility}, ${sql.json(parts as never)}, ${reason})
              on conflict do nothing returning user_id, id, ${micros(sql, "created_at")} as micros
            ), parts as (
              insert into fusion.outfit_garments (user_id, outfit_id, garment_id)
              select user_id, id, unnest(${[...garmentIds]}::uuid[]) from added
            )
            select micros from added`,
        );
        if (added) {
          const outfit = { ...draft, garmentIds: [...garmentIds].sort(), createdAtMicros: BigInt(added.micros) };
          return { outfit, existed: false };
        }
        const [kept] = await databaseErrors(
          async () =>
            await sql<Row[]>`
            select ${columns} from fusion.outfits as outfit where user_id = ${userId} and id = ${id}`,
        );
        if (kept) return { outfit: toOutfit(kept), existed: true };
      }
    },

    async list(userId, { after, limit }) {
      const rows = await databaseErrors(
        async () =>
          await sql<Row[]>`
          select ${columns} from fusion.outfits as outfit
          where outfit.user_id = ${userId} ${behind(sql, "outfit", after)} and not exists (
            select from fusion.outfit_garments as part join fusion.garments as garment on garment.id = part.garment_id
            where part.user_id = outfit.user_id and part.outfit_id = outfit.id and garment.state <> 'ready')
          order by outfit.created_at desc, outfit.id desc limit ${limit}`,
      );
      return rows.map(toOutfit);
    },

    async remove(userId, id) {
      const rows = await databaseErrors(
        async () => await sql`delete from fusion.outfits where user_id = ${userId} and id = ${id} returning id`,
      );
      return rows.length > 0;
    },
  };
}

interface Row {
  id: string;
  score: number;
  compatibility: number;
  parts: RankPart[];
  reason: string;
  micros: string;
  garment_ids: string[];
}

function toOutfit({ micros, garment_ids, ...row }: Row): StoredOutfit {
  return { ...row, garmentIds: garment_ids, createdAtMicros: BigInt(micros) };
}

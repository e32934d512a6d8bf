import type { Fragment, Sql } from "postgres";
import type { StoredGarment } from "./garment-store.ts";
import { micros } from "./micros.ts";

/** A row of `garmentColumns`. */
export interface GarmentRow {
  id: string;
  owner_id: string;
  category: string;
  colour: string;
  caption: string;
  price_cents: string;
  tags: string[];
  micros: string;
}

/** What of fusion.garments can be seen: all but the picture. */
export function garmentColumns(sql: Sql): Fragment {
  return sql`id, owner_id, category, colour, caption, price_cents, tags,
    ${micros(sql, "created_at")} as micros`;
}

export function toGarment({ id, owner_id, category, colour, caption, price_cents, tags, micros }: GarmentRow) {
  const garment: StoredGarment = {
    ...{ id, ownerId: owner_id, category, colour, caption, tags },
    priceCents: Number(price_cents),
    createdAtMicros: BigInt(micros),
  };
  return garment;
}

import type { Sql, TransactionSql } from "postgres";
import { type ChangeRow, changeFromRow, itemFromRow, packEmbeddings } from "./change-row.ts";
import type { Change, StoredItem } from "./item.ts";

/** NOTIFY channel: a commit added changes. */
export const CHANGED = "flashfit_index_changed";
const LOAD_ROWS = 500;

/** A vector that is not as long as the first one of its model. Nothing of the batch was stored. */
export class DimensionError extends RangeError {
  override name = "DimensionError";
  readonly itemAt: number;
  readonly embeddingAt: number;

  constructor(itemAt: number, embeddingAt: number, model: string, expected: number, got: number) {
    super(`must have ${expected} dimensions, as all vectors of model "${model}" have; got ${got}`);
    this.itemAt = itemAt;
    this.embeddingAt = embeddingAt;
  }
}

/**
 * Store new versions of items in one transaction and return the last one's place in the order, after the commit.
 *
 * @throws DimensionError
 */
export async function appendItems(sql: Sql, items: StoredItem[]): Promise<bigint> {
  const dimensions = new Map(items.flatMap((item) => item.embeddings.map((e) => [e.model, e.vector.length] as const)));
  const packed = items.map(packEmbeddings);
  return sql.begin(async (tx) => {
    const last = await takeNumbers(tx, items.length);
    await tx`
      insert into "index".model (model, dimensions)
      select * from unnest(${[...dimensions.keys()]}::text[], ${[...dimensions.values()]}::int[])
      on conflict do nothing`;
    const fixed = await tx<{ model: string; dimensions: number }[]>`
      select model, dimensions from "index".model where model = any(${[...dimensions.keys()]}::text[])`;
    requireDimensions(items, new Map(fixed.map((row) => [row.model, row.dimensions])));
    await tx`
      with sent as (
        select ${String(last)}::bigint - ${items.length} + at as change_seq, s.*
        from unnest(
          ${items.map((item) => item.itemId)}::text[], ${items.map((item) => item.ownerId)}::text[],
          ${items.map((item) => item.category)}::text[], ${items.map((item) => item.colour)}::text[],
          ${packed.map((one) => one.embeddings)}::text[], ${packed.map((one) => one.vectors.toString("hex"))}::text[]
        ) with ordinality as s (item_id, owner_id, category, colour, embeddings, vectors, at)
      ), added as (
        insert into "index".change (change_seq, item_id, deleted, owner_id, category, colour, embeddings, vectors)
        select change_seq, item_id, false, owner_id, category, colour, embeddings::jsonb, decode(vectors, 'hex') from sent
      )
      insert into "index".item (item_id, change_seq)
      select distinct on (item_id) item_id, change_seq from sent order by item_id, change_seq desc
      on conflict (item_id) do update set change_seq = excluded.change_seq`;
    await tx`select pg_notify(${CHANGED}, ${String(last)})`;
    return last;
  });
}

/** Delete those of the items that are there, in one transaction; `seq` is the end of the log after it. */
export async function appendDeletes(sql: Sql, itemIds: string[]): Promise<{ seq: bigint; deleted: number }> {
  return sql.begin(async (tx) => {
    await takeNumbers(tx, 0);
    const [row] = await tx<{ last_seq: string; deleted: number }[]>`
      with gone as (
        delete from "index".item where item_id = any(${itemIds}::text[]) returning item_id
      ), numbered as (
        select item_id, (select last_seq from "index".log_position) + row_number() over (order by item_id) as change_seq
        from gone
      ), added as (
        insert into "index".change (change_seq, item_id, deleted) select change_seq, item_id, true from numbered
      ), counted as (
        update "index".log_position set last_seq = last_seq + (select count(*) from gone) returning last_seq
      )
      select last_seq, (select count(*)::int from gone) as deleted from counted`;
    const { last_seq, deleted } = row!;
    if (deleted > 0) await tx`select pg_notify(${CHANGED}, ${last_seq})`;
    return { seq: BigInt(last_seq), deleted };
  });
}

/** The current version of an item. */
export async function readItem(sql: Sql, itemId: string): Promise<{ seq: bigint; item: StoredItem } | undefined> {
  const [row] = await sql<ChangeRow[]>`
    select change.* from "index".item join "index".change using (change_seq) where item.item_id = ${itemId}`;
  return row && { seq: BigInt(row.change_seq), item: itemFromRow(row) };
}

/** The next changes after `seq` in order, at most `limit`, and where the log ends. */
export async function readChanges(sql: Sql, seq: bigint, limit: number): Promise<{ changes: Change[]; end: bigint }> {
  // The end is read first: what it counts is committed, so that the changes up to it can be seen.
  const end = await readEnd(sql);
  if (end <= seq) return { changes: [], end };
  const rows = await sql<ChangeRow[]>`
    select * from "index".change where change_seq > ${String(seq)} order by change_seq limit ${limit}`;
  return { changes: rows.map(changeFromRow), end };
}

/** Hand every current item to `put`, from one snapshot, and return the change that it stands at. */
export async function loadItems(sql: Sql, put: (item: StoredItem) => void): Promise<bigint> {
  return sql.begin("isolation level repeatable read read only", async (tx) => {
    const end = await readEnd(tx);
    const rows = tx<ChangeRow[]>`select change.* from "index".item join "index".change using (change_seq)`;
    for await (const page of rows.cursor(LOAD_ROWS)) for (const row of page) put(itemFromRow(row));
    return end;
  });
}

async function readEnd(sql: Sql | TransactionSql): Promise<bigint> {
  const [row] = await sql<{ last_seq: string }[]>`select last_seq from "index".log_position`;
  return BigInt(row!.last_seq);
}

/** Take the lock that orders all writers, and the next `count` numbers; returns the last of them. */
async function takeNumbers(tx: TransactionSql, count: number): Promise<bigint> {
  const [row] = await tx<{ last_seq: string }[]>`
    update "index".log_position set last_seq = last_seq + ${count} returning last_seq`;
  return BigInt(row!.last_seq);
}

function requireDimensions(items: StoredItem[], fixed: ReadonlyMap<string, number>): void {
  for (const [itemAt, { embeddings }] of items.entries()) {
    for (const [embeddingAt, { model, vector }] of embeddings.entries()) {
      const expected = fixed.get(model) ?? 0;
      if (vector.length !== expected) {
        throw new DimensionError(itemAt, embeddingAt, model, expected, vector.length);
      }
    }
  }
}

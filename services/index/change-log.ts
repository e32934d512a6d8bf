import type { Sql } from "postgres";
import { type ChangeRow, changeFromRow, itemFromRow, packEmbeddings } from "./change-row.ts";
import type { Change, StoredItem } from "./item.ts";

/** NOTIFY channel: a commit added changes. */
export const CHANGED = "flashfit_index_changed";

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
  const dimensions = dimensionsOf(items);
  const packed = items.map(packEmbeddings);
  // One statement instead of a transaction of several: postgres.js 3.4.9 throws from a timer, where nobody can catch it,
  // when a transaction that lost its connection is rolled back.
  const [row] = await sql<{ last_seq: string | null; wrong_model: string; expected_dimensions: number }[]>`
    select * from "index".append_items(
      ${items.map((item) => item.itemId)}::text[], ${items.map((item) => item.ownerId)}::text[],
      ${items.map((item) => item.category)}::text[], ${items.map((item) => item.colour)}::text[],
      ${packed.map((one) => one.embeddings)}::text[], ${packed.map((one) => one.vectors.toString("hex"))}::text[],
      ${[...dimensions.keys()]}::text[], ${[...dimensions.values()]}::int[])`;
  const { last_seq, wrong_model, expected_dimensions } = row!;
  if (last_seq === null) throw firstOther(items, wrong_model, expected_dimensions);
  return BigInt(last_seq);
}

/** Delete those of the items that are there, in one transaction; `seq` is the end of the log after it. */
export async function appendDeletes(sql: Sql, itemIds: string[]): Promise<{ seq: bigint; deleted: number }> {
  const [row] = await sql<{ last_seq: string; deleted: number }[]>`
    select * from "index".append_deletes(${itemIds}::text[])`;
  return { seq: BigInt(row!.last_seq), deleted: row!.deleted };
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
  let end = 0n;
  const rows = sql<(ChangeRow & { end_seq: string })[]>`
    select log_position.last_seq as end_seq, change.* from "index".log_position
    left join ("index".item join "index".change using (change_seq)) on true`;
  await rows.forEach((row) => {
    end = BigInt(row.end_seq);
    if (row.change_seq !== null) put(itemFromRow(row));
  });
  return end;
}

async function readEnd(sql: Sql): Promise<bigint> {
  const [row] = await sql<{ last_seq: string }[]>`select last_seq from "index".log_position`;
  return BigInt(row!.last_seq);
}

/** How long each model's vectors are. */
function dimensionsOf(items: StoredItem[]): Map<string, number> {
  const dimensions = new Map<string, number>();
  for (const { embeddings } of items) {
    for (const { model, vector } of embeddings) {
      const expected = dimensions.get(model);
      if (expected === undefined) dimensions.set(model, vector.length);
      else if (expected !== vector.length) throw firstOther(items, model, expected);
    }
  }
  return dimensions;
}

/** The refusal of the first vector of `model` whose length is not the expected one. */
function firstOther(items: StoredItem[], model: string, expected: number): Error {
  for (const [itemAt, { embeddings }] of items.entries()) {
    for (const [embeddingAt, embedding] of embeddings.entries()) {
      const got = embedding.vector.length;
      if (embedding.model === model && got !== expected) {
        return new DimensionError(itemAt, embeddingAt, model, expected, got);
      }
    }
  }
  return new Error(`expected a vector of model "${model}" without ${expected} dimensions, found none`);
}

import type { Sql } from "postgres";
import { type ChangeRow, changeFromRow, itemFromRow, packEmbeddings } from "./change-row.ts";
import type { Change, StoredItem } from "./item.ts";
import type { IndexDefinition } from "./store.ts";

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

/** The database holds a model's vectors for another metric than this process is configured for. */
export class MetricError extends Error {
  override name = "MetricError";
}

/**
 * Store new versions of items in one transaction and return the last one's place in the order, after the commit.
 *
 * @throws DimensionError, MetricError
 */
export async function appendItems(
  sql: Sql,
  items: StoredItem[],
  models: ReadonlyMap<string, IndexDefinition>,
): Promise<bigint> {
  const dimensions = dimensionsOf(items);
  const metricOf = (model: string) => models.get(model)?.metric ?? "cosine";
  const packed = items.map(packEmbeddings);
  // One statement instead of a transaction of several: postgres.js 3.4.9 throws from a timer, where nobody can catch it,
  // when a transaction that lost its connection is rolled back.
  const [row] = await sql<Appended[]>`
    select * from "index".append_items(
      ${items.map((item) => item.itemId)}::text[], ${items.map((item) => item.ownerId)}::text[],
      ${items.map((item) => item.category)}::text[], ${items.map((item) => item.colour)}::text[],
      ${items.map((item) => String(item.priceCents))}::bigint[], ${items.map((item) => JSON.stringify(item.tags))}::text[],
      ${packed.map((one) => one.embeddings)}::text[], ${packed.map((one) => one.vectors.toString("hex"))}::text[],
      ${[...dimensions.keys()]}::text[], ${[...dimensions.values()]}::int[], ${[...dimensions.keys()].map(metricOf)}::text[])`;
  const { last_seq, wrong_model, expected_dimensions, expected_metric } = row!;
  if (last_seq !== null) return BigInt(last_seq);
  if (expected_metric !== metricOf(wrong_model)) {
    throw new MetricError(metricMessage(wrong_model, expected_metric, metricOf(wrong_model)));
  }
  throw firstOther(items, wrong_model, expected_dimensions);
}

interface Appended {
  last_seq: string | null;
  wrong_model: string;
  expected_dimensions: number;
  expected_metric: string;
}

function metricMessage(model: string, stored: string, configured: string): string {
  return `the vectors of model "${model}" are stored for ${stored}, INDEX_MODELS says ${configured}: set it to ${stored}, or use another model name and send the items again`;
}

/** @throws MetricError if the stored vectors of a model were made for another metric. */
export async function checkMetrics(sql: Sql, models: ReadonlyMap<string, IndexDefinition>): Promise<void> {
  for (const { model, metric } of await sql<
    { model: string; metric: string }[]
  >`select model, metric from "index".model`) {
    const configured = models.get(model)?.metric;
    if (configured && configured !== metric) throw new MetricError(metricMessage(model, metric, configured));
  }
}

/** Delete those of the items that are there, in one transaction; `seq` is the end of the log after it. */
export async function appendDeletes(sql: Sql, itemIds: string[]): Promise<{ seq: bigint; deleted: number }> {
  const [row] = await sql<{ last_seq: string; deleted: number }[]>`
    select * from "index".append_deletes(${itemIds}::text[])`;
  return { seq: BigInt(row!.last_seq), deleted: row!.deleted };
}

/** Delete all items of a person, in one transaction; `seq` is the end of the log after it. */
export async function appendOwnerDeletes(sql: Sql, ownerId: string): Promise<{ seq: bigint; deleted: number }> {
  const [row] = await sql<{ last_seq: string; deleted: number }[]>`
    select * from "index".append_owner_deletes(${ownerId})`;
  return { seq: BigInt(row!.last_seq), deleted: row!.deleted };
}

/** The current version of an item. */
export async function readItem(sql: Sql, itemId: string): Promise<{ seq: bigint; item: StoredItem } | undefined> {
  const [row] = await sql<ChangeRow[]>`
    select change.* from "index".item join "index".change using (change_seq) where item.item_id = ${itemId}`;
  return row && { seq: BigInt(row.change_seq), item: itemFromRow(row) };
}

/** A look at the log. */
export interface LogPage {
  changes: Change[];
  /** Where the log ends. */
  end: bigint;
  /** Changes up to this one may be gone: who has read less far has to load the items anew, and is given no changes. */
  horizon: bigint;
}

/** The next changes after `seq` in order, at most `limit`; all of one snapshot, so that none is missing before `end`. */
export async function readChanges(sql: Sql, seq: bigint, limit: number): Promise<LogPage> {
  // Most looks find nothing new: they cost no more than this row.
  const [now] = await sql<{ last_seq: string }[]>`select last_seq from "index".log_position`;
  if (BigInt(now!.last_seq) <= seq) return { changes: [], end: BigInt(now!.last_seq), horizon: 0n };
  const rows = await sql<(ChangeRow & Position)[]>`
    select position.last_seq as end_seq, position.horizon, next.* from "index".log_position as position
    left join lateral (
      select * from "index".change
      where change_seq > ${String(seq)} and position.horizon <= ${String(seq)} order by change_seq limit ${limit}
    ) as next on true order by next.change_seq`;
  const { end_seq, horizon } = rows[0]!;
  const changes = rows.filter((row) => row.change_seq !== null).map(changeFromRow);
  return { changes, end: BigInt(end_seq), horizon: BigInt(horizon) };
}

interface Position {
  end_seq: string;
  horizon: string;
}

/** Hand every current item to `put`, from one snapshot, and return the change that it stands at. */
export async function loadItems(sql: Sql, put: (item: StoredItem, seq: bigint) => void): Promise<bigint> {
  let end = 0n;
  const rows = sql<(ChangeRow & { end_seq: string })[]>`
    select log_position.last_seq as end_seq, change.* from "index".log_position
    left join ("index".item join "index".change using (change_seq)) on true`;
  await rows.forEach((row) => {
    end = BigInt(row.end_seq);
    if (row.change_seq !== null) put(itemFromRow(row), BigInt(row.change_seq));
  });
  return end;
}

/** The newest versions that still count of those up to `seq`, at most `most`: what a snapshot as of `seq` must hold. */
export async function newestItems(sql: Sql, seq: bigint, most: number): Promise<{ itemId: string; seq: bigint }[]> {
  const rows = await sql<{ item_id: string; change_seq: string }[]>`
    select item_id, change_seq from "index".item where change_seq <= ${String(seq)} order by change_seq desc limit ${most}`;
  return rows.map((row) => ({ itemId: row.item_id, seq: BigInt(row.change_seq) }));
}

/** Delete at most `most` replaced versions that lie more than `keep` changes back; how many were there. */
export async function pruneChanges(sql: Sql, keep: number, most: number): Promise<number> {
  const [row] = await sql<{ pruned: number }[]>`select "index".prune(${String(keep)}, ${most}) as pruned`;
  return row!.pruned;
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

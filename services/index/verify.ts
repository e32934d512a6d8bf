import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Sql } from "postgres";
import type { DifferenceSchema, VerifyRequest } from "../../gen/flashfit/index/v1/index_pb.ts";
import { databaseErrors } from "../kit/database.ts";
import { type ChangeRow, itemFromRow } from "./change-row.ts";
import type { StoredItem } from "./item.ts";
import type { ItemStore } from "./store.ts";

const PAGE = 500;
const EXAMPLES = 20;
/** Looks at an item that keeps changing, before it is left to the next Verify. */
const LOOKS = 20;

interface Stored {
  item: StoredItem;
  seq: bigint;
}

/** Answers Verify. `random` chooses whose vectors are compared. */
export function createVerify(sql: Sql, store: ItemStore, random: () => number = Math.random) {
  return async function* ({ vectorShare }: VerifyRequest, { signal }: Pick<HandlerContext, "signal">) {
    const examples: MessageInitShape<typeof DifferenceSchema>[] = [];
    const [count] = await databaseErrors(
      () => sql<{ items: number }[]>`select count(*)::int as items from "index".item`,
    );
    const total = BigInt(count!.items + store.items.size);
    let checked = 0;
    let vectorsChecked = 0;
    let differences = 0;

    const look = async (itemIds: string[]) => {
      const chosen = new Set(itemIds.filter(() => random() < vectorShare));
      for (const [itemId, description] of await compareItems(sql, store, itemIds, chosen, signal)) {
        differences++;
        if (examples.length < EXAMPLES) examples.push({ itemId, description });
      }
      checked += itemIds.length;
      vectorsChecked += [...chosen].reduce((sum, itemId) => sum + vectorsOf(store, itemId), 0);
    };
    const soFar = () => ({
      ...{ total, checked: BigInt(checked), vectorsChecked: BigInt(vectorsChecked), differences: BigInt(differences) },
    });

    for (let after = ""; ; ) {
      const rows = await databaseErrors(
        () => sql<{ item_id: string }[]>`
        select item_id from "index".item where item_id collate "C" > ${after} order by item_id collate "C" limit ${PAGE}`,
      );
      if (rows.length === 0) break;
      await look(rows.map(({ item_id }) => item_id));
      after = rows.at(-1)!.item_id;
      yield soFar();
    }
    // The other way, for what is in memory alone. Vectors were compared above.
    for (const itemIds of pagesOf(store.items.ids())) {
      for (const [itemId, description] of await onlyInMemory(sql, store, itemIds, signal)) {
        differences++;
        if (examples.length < EXAMPLES) examples.push({ itemId, description });
      }
      checked += itemIds.length;
      yield soFar();
    }
    yield { ...soFar(), examples, done: true };
  };
}

/** What differs of items that the store of record has, or had a moment ago. */
async function compareItems(
  sql: Sql,
  store: ItemStore,
  itemIds: string[],
  withVectors: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  let open = itemIds;
  for (let look = 0; look < LOOKS && open.length > 0; look++) {
    const { end, items } = await readItems(sql, open, look === 0 ? withVectors : new Set(open));
    await store.applied.reached(end, signal);
    const moved = store.applied.value > end;
    const again: string[] = [];
    for (const itemId of open) {
      const difference = differenceOf(store, itemId, items.get(itemId), withVectors.has(itemId));
      if (difference === undefined) continue;
      // Changes came since the look at the store of record; they may be about this item.
      if (moved) again.push(itemId);
      else found.set(itemId, difference);
    }
    open = again;
  }
  return found;
}

async function onlyInMemory(sql: Sql, store: ItemStore, itemIds: string[], signal: AbortSignal) {
  const rows = await databaseErrors(
    () => sql<{ item_id: string }[]>`
    select item_id from "index".item where item_id = any(${itemIds}::text[])`,
  );
  const there = new Set(rows.map(({ item_id }) => item_id));
  const missing = itemIds.filter((itemId) => !there.has(itemId));
  return missing.length === 0 ? new Map<string, string>() : compareItems(sql, store, missing, new Set(), signal);
}

/** Items as they are, and where the log ends, of one snapshot. */
async function readItems(sql: Sql, itemIds: string[], withVectors: ReadonlySet<string>) {
  const rows = await databaseErrors(
    () => sql<(ChangeRow & { end_seq: string })[]>`
    select position.last_seq as end_seq, change.change_seq, change.item_id, owner_id, category, colour, price_cents, tags,
      case when change.item_id = any(${[...withVectors]}::text[]) then embeddings else '[]'::jsonb end as embeddings,
      case when change.item_id = any(${[...withVectors]}::text[]) then vectors else ''::bytea end as vectors
    from "index".log_position as position
    left join ("index".item join "index".change using (change_seq)) on item.item_id = any(${itemIds}::text[])`,
  );
  const items = new Map(
    rows
      .filter((row) => row.change_seq !== null)
      .map((row): [string, Stored] => [row.item_id, { item: itemFromRow(row), seq: BigInt(row.change_seq) }]),
  );
  return { end: BigInt(rows[0]!.end_seq), items };
}

/** What differs, in words; undefined: nothing. */
function differenceOf(store: ItemStore, itemId: string, stored: Stored | undefined, withVectors: boolean) {
  const record = store.items.get(itemId);
  if (!stored) return record && "in memory, not in the store of record";
  if (!record) return "in the store of record, not in memory";
  const { item, seq } = stored;
  if (record.seq !== seq) return `version ${record.seq} in memory, ${seq} in the store of record`;
  for (const name of ["ownerId", "category", "colour", "priceCents"] as const) {
    if (record[name] !== item[name]) return `${name}: ${record[name]} in memory, ${item[name]} in the store of record`;
  }
  if (record.tags.join("\0") !== item.tags.join("\0")) return "other tags in memory than in the store of record";
  return withVectors ? vectorDifference(store, item) : undefined;
}

function vectorDifference(store: ItemStore, item: StoredItem): string | undefined {
  for (const { name, model, vectors } of store.indexes) {
    const expected = item.embeddings.find((one) => one.model === model)?.vector;
    const held = vectors?.vector(item.itemId);
    if (!expected && !held) continue;
    if (!expected) return `${name}: a vector in memory, none in the store of record`;
    if (!held) return `${name}: no vector in memory, one in the store of record`;
    const same = held.length === expected.length && held.every((value, at) => Object.is(value, expected[at]));
    if (!same) return `${name}: another vector in memory than in the store of record`;
  }
  return undefined;
}

function vectorsOf(store: ItemStore, itemId: string): number {
  return store.indexes.reduce((sum, { vectors }) => sum + (vectors?.vector(itemId) ? 1 : 0), 0);
}

function* pagesOf(ids: Iterable<string>): Generator<string[], void> {
  let page: string[] = [];
  for (const id of ids) {
    page.push(id);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

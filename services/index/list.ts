import type { Sql } from "postgres";
import type { ListRequest } from "../../gen/flashfit/index/v1/index_pb.ts";
import { databaseErrors } from "../kit/database.ts";
import { invalidArgument } from "../kit/errors.ts";
import { openPageToken, sealPageToken } from "../kit/page-token.ts";
import { requireStorable } from "../kit/storable-text.ts";
import { type ChangeRow, itemFromRow } from "./change-row.ts";
import { CATALOGUE_ONLY, type Filter } from "./filter.ts";
import type { StoredItem } from "./item.ts";
import { itemMessage } from "./item-message.ts";

const PAGE = 100;

/** Answers List: from PostgreSQL, so that what is committed is there. */
export function createList(sql: Sql) {
  return async ({ pageSize, pageToken, withEmbeddings, ...request }: ListRequest) => {
    const filter: Filter = request.filter ?? CATALOGUE_ONLY;
    const { ownerIds, categories, colours, anyTags, allTags, excludeItemIds } = filter;
    const texts = { ownerIds, categories, colours, anyTags, allTags, excludeItemIds };
    for (const [name, values] of Object.entries(texts)) {
      const field = `filter.${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
      requireStorable(Object.fromEntries(values.map((value, at) => [`${field}[${at}]`, value])));
    }
    const listing = [JSON.stringify({ ...texts, min: filter.minPriceCents, max: filter.maxPriceCents })];
    const after = pageToken === "" ? "" : openPageToken(pageToken, listing)?.[0];
    if (after === undefined) {
      throw invalidArgument("page_token", "must be the next_page_token of the same list; leave it empty to begin anew");
    }
    const limit = pageSize || PAGE;
    const behind = Buffer.from(after, "base64url").toString();
    const items = await databaseErrors(() => readItems(sql, filter, { behind, limit: limit + 1, withEmbeddings }));
    const page = items.slice(0, limit);
    const last = items.length > limit ? page.at(-1) : undefined;
    return {
      items: page.map(itemMessage),
      nextPageToken: last ? sealPageToken([Buffer.from(last.itemId).toString("base64url")], listing) : "",
    };
  };
}

/** Current items by id behind `behind`, in the order of their bytes. */
async function readItems(
  sql: Sql,
  filter: Filter,
  { behind, limit, withEmbeddings }: { behind: string; limit: number; withEmbeddings: boolean },
): Promise<StoredItem[]> {
  const { ownerIds, categories, colours, anyTags, allTags, excludeItemIds, minPriceCents, maxPriceCents } = filter;
  const owners = ownerIds.length > 0 ? [...ownerIds] : [""];
  const vectors = withEmbeddings
    ? sql`change.embeddings, change.vectors`
    : sql`'[]'::jsonb as embeddings, ''::bytea as vectors`;
  const conditions = [
    sql`change.owner_id = any(${owners}::text[])`,
    ...(categories.length > 0 ? [sql`change.category = any(${[...categories]}::text[])`] : []),
    ...(colours.length > 0 ? [sql`change.colour = any(${[...colours]}::text[])`] : []),
    ...(anyTags.length > 0 ? [sql`change.tags && ${[...anyTags]}::text[]`] : []),
    ...(allTags.length > 0 ? [sql`change.tags @> ${[...allTags]}::text[]`] : []),
    ...(excludeItemIds.length > 0 ? [sql`item.item_id <> all(${[...excludeItemIds]}::text[])`] : []),
    ...(minPriceCents > 0 ? [sql`change.price_cents >= ${minPriceCents}`] : []),
    // Price 0 is an unknown one.
    ...(maxPriceCents > 0 ? [sql`change.price_cents between 1 and ${maxPriceCents}`] : []),
  ];
  const rows = await sql<ChangeRow[]>`
    select item.item_id, change_seq, owner_id, category, colour, price_cents, tags, ${vectors}
    from "index".item join "index".change using (change_seq)
    where item.item_id collate "C" > ${behind} ${conditions.map((condition) => sql`and ${condition}`)}
    order by item.item_id collate "C" limit ${limit}`;
  return rows.map(itemFromRow);
}

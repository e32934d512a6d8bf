import { bytesFromFloats, floatsFromBytes } from "../kit/vector.ts";
import type { Change, StoredEmbedding, StoredItem } from "./item.ts";

/** A row of "index".change. */
export interface ChangeRow {
  change_seq: string;
  item_id: string;
  deleted: boolean;
  owner_id: string;
  category: string;
  colour: string;
  /** bigint as text. */
  price_cents: string;
  tags: string[];
  embeddings: { model: string; revision: string; dimensions: number }[];
  vectors: Uint8Array;
}

export function changeFromRow(row: ChangeRow): Change {
  const seq = BigInt(row.change_seq);
  return row.deleted ? { kind: "delete", seq, itemId: row.item_id } : { kind: "upsert", seq, item: itemFromRow(row) };
}

export function itemFromRow(row: ChangeRow): StoredItem {
  const floats = floatsFromBytes(row.vectors);
  let offset = 0;
  const embeddings = row.embeddings.map(({ model, revision, dimensions }): StoredEmbedding => {
    const vector = floats.subarray(offset, offset + dimensions);
    offset += dimensions;
    return { model, revision, vector };
  });
  if (offset !== floats.length) {
    throw new RangeError(`change ${row.change_seq}: expected ${offset} values in its vectors, got ${floats.length}`);
  }
  return {
    itemId: row.item_id,
    ownerId: row.owner_id,
    category: row.category,
    colour: row.colour,
    priceCents: Number(row.price_cents),
    tags: row.tags,
    embeddings,
  };
}

/** The columns `embeddings` and `vectors` of an item. */
export function packEmbeddings(item: StoredItem): { embeddings: string; vectors: Buffer } {
  const embeddings = item.embeddings.map(({ model, revision, vector }) => ({
    model,
    revision,
    dimensions: vector.length,
  }));
  const vectors = Buffer.concat(item.embeddings.map(({ vector }) => bytesFromFloats(vector)));
  return { embeddings: JSON.stringify(embeddings), vectors };
}

import type { Dictionaries } from "./filter.ts";
import type { ItemRecord } from "./item-table.ts";
import { CorruptSnapshotError } from "./vectors/snapshot/errors.ts";

/** Strings behind codes. */
export type Texts = Record<keyof Dictionaries, readonly string[]>;

/** An item's record as a line of a snapshot; its strings as the dictionaries' codes, for they repeat. */
export function encodeItem(itemId: string, record: ItemRecord, dictionaries: Dictionaries): string {
  const { owners, categories, colours, tags } = dictionaries;
  return JSON.stringify([
    ...[itemId, String(record.seq), owners.code(record.ownerId), categories.code(record.category)],
    ...[colours.code(record.colour), record.priceCents, record.tags.map((tag) => tags.code(tag))],
  ]);
}

/** @throws {CorruptSnapshotError} a code without a string */
export function decodeItem(line: string, texts: Texts): [itemId: string, record: ItemRecord] {
  const [itemId, seq, owner, category, colour, priceCents, tags] = JSON.parse(line) as [
    ...[string, string, number, number, number, number, number[]],
  ];
  const textOf = (name: keyof Texts, code: number) => {
    const text = texts[name][code];
    if (text === undefined) throw new CorruptSnapshotError(`items: ${itemId} has code ${code}, which ${name} lacks`);
    return text;
  };
  const record = {
    ownerId: textOf("owners", owner),
    category: textOf("categories", category),
    colour: textOf("colours", colour),
    priceCents,
    tags: tags.map((code) => textOf("tags", code)),
    seq: BigInt(seq),
  };
  return [itemId, record];
}

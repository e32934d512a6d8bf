/** Weaviate knows objects by UUID: the row number is its last 12 digits. */
const PREFIX = "00000000-0000-4000-8000-";

export function idOfRow(row: number): string {
  return PREFIX + row.toString(16).padStart(12, "0");
}

/** @throws {RangeError} the object is none of ours */
export function rowOfId(id: string): number {
  if (id.length === 36 && id.startsWith(PREFIX)) return Number.parseInt(id.slice(PREFIX.length), 16);
  throw new RangeError(`expected an id that begins with ${PREFIX}, got ${id}`);
}

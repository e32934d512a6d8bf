import { Slices } from "../slices.ts";
import { CorruptSnapshotError } from "./errors.ts";

/** Strings that are written together: their lengths in bytes as uint32, then their UTF-8. */
const GROUP = 2048;

/** Strings as parts of a file, in slices. */
export async function* encodeStrings(strings: Iterable<string>): AsyncGenerator<Uint8Array> {
  const slices = new Slices();
  const encoder = new TextEncoder();
  let group: string[] = [];
  const encode = (): Uint8Array[] => {
    const encoded = group.map((text) => encoder.encode(text));
    group = [];
    return [new Uint8Array(Uint32Array.from(encoded, ({ length }) => length).buffer), ...encoded];
  };
  for (const text of strings) {
    if (group.push(text) < GROUP) continue;
    yield* encode();
    if (slices.over) await slices.pause();
  }
  yield* encode();
}

/**
 * The strings of a file one after the other, `count` of them.
 * @throws {CorruptSnapshotError} if the file has fewer or more
 */
export function* decodeStrings(bytes: Uint8Array<ArrayBuffer>, count: number, what: string): Generator<string> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (let done = 0; done < count; done += GROUP) {
    const group = Math.min(GROUP, count - done);
    let start = at + group * 4;
    for (let one = 0; one < group; one++, at += 4) {
      const end = at + 4 <= text.length ? start + text.readUInt32LE(at) : Number.POSITIVE_INFINITY;
      if (end > text.length) throw new CorruptSnapshotError(`${what}: ends before string ${done + one} of ${count}`);
      yield text.toString("utf8", start, end);
      start = end;
    }
    at = start;
  }
  if (at !== text.length) throw new CorruptSnapshotError(`${what}: goes on after string ${count}`);
}

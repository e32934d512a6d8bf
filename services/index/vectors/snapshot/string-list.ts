import { Slices } from "../slices.ts";
import { CorruptSnapshotError } from "./errors.ts";

/** Strings that are written together: their lengths in bytes as uint32, then their UTF-8. */
const GROUP = 2048;
/** Strings between two looks at the clock. */
const STRIDE = 256;

/** Strings as parts of a file, in slices. */
export async function* encodeStrings(strings: Iterable<string>): AsyncGenerator<Uint8Array> {
  const slices = new Slices();
  let group: string[] = [];
  for (const text of strings) {
    if (group.push(text) < GROUP) continue;
    yield await encode(group, slices);
    group = [];
  }
  yield await encode(group, slices);
}

/** A group in one piece: a piece for each string would be a turn through a generator for each. */
async function encode(group: readonly string[], slices: Slices): Promise<Uint8Array> {
  const lengths = new Uint32Array(group.length);
  for (const [n, text] of group.entries()) {
    lengths[n] = Buffer.byteLength(text);
    if (n % STRIDE === 0 && slices.over) await slices.pause();
  }
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + length, lengths.byteLength));
  bytes.set(new Uint8Array(lengths.buffer));
  let at = lengths.byteLength;
  for (const [n, text] of group.entries()) {
    at += bytes.write(text, at);
    if (n % STRIDE === 0 && slices.over) await slices.pause();
  }
  return bytes;
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

/** Values that a turn of the loop takes: four sums of four each, which do not wait for each other. */
export const BLOCK = 16;

const BLOCK_BYTES = 4 * BLOCK;

/** Encoded instructions: WebAssembly 2.0, binary format, 5.4. */
type Code = readonly number[];

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const LOOP = [0x03, 0x40];
const END = 0x0b;
const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
/** The integer on the stack and BLOCK_BYTES, which are two bytes of LEB128. */
const next: Code = [0x41, (BLOCK_BYTES & 0x7f) | 0x80, BLOCK_BYTES >> 7, 0x6a];
const again: Code = [0x0d, 0];
const isLess: Code = [0x49];
const addFloats: Code = [0x92];
/** Instructions on four float32 at a time; those of memory claim no more than their alignment. */
const fours = {
  load: (offset: number): Code => [0xfd, 0, 2, offset],
  lane: (n: number): Code => [0xfd, 31, n],
  multiply: [0xfd, 0xe6, 0x01],
  add: [0xfd, 0xe4, 0x01],
} as const;

/** The variables: where the columns stand and the first one ends, and the sums. */
const [A, B, END_OF_A] = [0, 1, 2] as const;
const SUMS = [3, 4, 5, 6] as const;

const PRODUCT: Code = [
  ...LOOP,
  ...SUMS.flatMap((sum, n) => [
    ...[...get(A), ...fours.load(16 * n), ...get(B), ...fours.load(16 * n), ...fours.multiply],
    ...[...get(sum), ...fours.add, ...set(sum)],
  ]),
  ...[...get(B), ...next, ...set(B)],
  ...[...get(A), ...next, ...set(A)],
  ...[...get(A), ...get(END_OF_A), ...isLess, ...again],
  END,
  ...[...get(SUMS[0]), ...get(SUMS[1]), ...fours.add, ...get(SUMS[2]), ...get(SUMS[3]), ...fours.add],
  ...[...fours.add, ...set(SUMS[0])],
  ...[0, 1, 2, 3].flatMap((n) => [...get(SUMS[0]), ...fours.lane(n)]),
  ...[...addFloats, ...addFloats, ...addFloats],
  END,
];

/**
 * A module with a page of memory (64 KiB), `memory`, and `product(a, b, endOfA)`: the sum of the products of two columns of float32 that
 * begin at the bytes `a` and `b`, at least one block and none but whole ones. It is added in the same order on every machine.
 */
export const PRODUCT_MODULE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [[0x60, ...list([[I32], [I32], [I32]]), ...list([[F32]])]]),
  ...section(3, [[0]]),
  ...section(5, [[0x00, 1]]),
  ...section(7, [
    [...name("memory"), 0x02, 0],
    [...name("product"), 0x00, 0],
  ]),
  ...section(10, [sized([...list([[SUMS.length, V128]]), ...PRODUCT])]),
);

function section(id: number, entries: Code[]): Code {
  return [id, ...sized(list(entries))];
}

function list(entries: Code[]): Code {
  return [entries.length, ...entries.flat()];
}

function name(text: string): Code {
  return sized([...new TextEncoder().encode(text)]);
}

function sized(bytes: Code): Code {
  return [(bytes.length & 0x7f) | 0x80, bytes.length >> 7, ...bytes];
}

/**
 * Just enough of an assembler to write a WebAssembly module as expressions, so that a kernel needs no compiler and the
 * repository no binary. Numbers of sections, types and opcodes are those of the WebAssembly 3.0 binary format, chapter 5.
 */

/** Encoded instructions. An instruction takes its operands from the stack, so they are written before it. */
export type Code = readonly number[];

/** Value types, 5.3.1 and 5.3.2. */
export const i32 = 0x7f;
export const f32 = 0x7d;
export const v128 = 0x7b;
export type ValueType = typeof i32 | typeof f32 | typeof v128;

/** A place in a memory: which one and how far behind the address on the stack. */
export interface Place {
  memory?: 0 | 1;
  /** Bytes. */
  offset?: number;
}

/** LEB128, 5.2.2: 7 bits a byte, lowest first. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest < -64 || rest > 63; rest >>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest & 127);
  return bytes;
}

const operator =
  (...opcode: number[]) =>
  (...operands: Code[]): Code => [...operands.flat(), ...opcode];

/** 5.4.6: the exponent of the alignment; bit 6 says that the number of the memory follows. */
const access =
  (opcode: readonly number[], alignment: number) =>
  ({ memory = 0, offset = 0 }: Place, ...operands: Code[]): Code => [
    ...operands.flat(),
    ...opcode,
    ...(memory === 0 ? [alignment] : [alignment | 64, memory]),
    ...unsigned(offset),
  ];

/** SIMD instructions have a prefix, 5.4.9. */
const simd = (opcode: number) => [0xfd, ...unsigned(opcode)];

/** Instructions on 32-bit integers, 5.4.6 and 5.4.7. */
export const int = {
  of: (value: number): Code => [0x41, ...signed(value)],
  load: access([0x28], 2),
  store: access([0x36], 2),
  isZero: operator(0x45),
  lessUnsigned: operator(0x49),
  greaterUnsigned: operator(0x4b),
  add: operator(0x6a),
  subtract: operator(0x6b),
  multiply: operator(0x6c),
  and: operator(0x71),
  or: operator(0x72),
  shiftLeft: operator(0x74),
};

/** Instructions on one float32. */
export const float = {
  load: access([0x2a], 2),
  store: access([0x38], 2),
  below: operator(0x5d),
  atLeast: operator(0x60),
  add: operator(0x92),
};

/** Instructions on four float32 at a time, 5.4.9. */
export const vector = {
  zero: [...simd(12), ...new Array<number>(16).fill(0)] as Code,
  load: access(simd(0), 4),
  /** Any four of the eight lanes of two vectors. */
  shuffle: (lanes: readonly [number, number, number, number], a: Code, b: Code): Code => [
    ...[...a, ...b, ...simd(13)],
    ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
  ],
  store: access(simd(11), 4),
  /** One float32 in all four lanes. */
  spread: access(simd(9), 2),
  /** Lane 0 to 3 as a float32. */
  lane: (n: number, a: Code): Code => [...a, ...simd(31), n],
  add: operator(...simd(228)),
  subtract: operator(...simd(229)),
  multiply: operator(...simd(230)),
  absolute: operator(...simd(224)),
  root: operator(...simd(227)),
  /** The greater one in each lane; not a number if either is. */
  greater: operator(...simd(233)),
  /** Whether any lane is not below the other's: also when either is not a number. */
  anyNotBelow: (a: Code, b: Code): Code => [...a, ...b, ...simd(67), ...simd(77), ...simd(83)],
};

/** Instructions on integers, as many at a time as fit in 16 bytes. */
export const lanes = {
  /** Eight signed bytes as eight signed 16-bit integers. */
  loadBytes: access(simd(1), 3),
  /** Four sums of two products each, of eight 16-bit integers. */
  pairs: operator(...simd(186)),
  add: operator(...simd(174)),
  subtract: operator(...simd(177)),
  shiftLeft: operator(...simd(171)),
  /** Relaxed SIMD: to each of four sums four products of signed bytes, the second ones from 0 to 127: other bytes differ by machine. */
  fours: operator(...simd(275)),
  toFloat: operator(...simd(250)),
};

/** Locals, 5.4.4. */
export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];

/** Control, 5.4.1; none of these leaves a value. */
export const leave = (value: Code): Code => [...value, 0x0f];
export const when = (condition: Code, ...body: Code[]): Code => [...condition, 0x04, 0x40, ...body.flat(), 0x0b];
/** Does the body, and again as long as the condition holds after it. */
export const repeatWhile = (condition: Code, ...body: Code[]): Code => [
  ...[0x03, 0x40, ...body.flat()],
  ...[...condition, 0x0d, 0, 0x0b],
];

/** A function that is exported; its locals are numbered from 0, parameters first. */
export interface FunctionSource {
  name: string;
  /** Parameters, all i32. */
  parameters: number;
  /** Default: i32. */
  result?: ValueType;
  /** Types of the locals behind the parameters. */
  locals: readonly ValueType[];
  body: Code;
}

/** An imported memory of any size. */
export interface MemoryImport {
  module: string;
  name: string;
  shared: boolean;
}

const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const text = (value: string): Code => list([...new TextEncoder().encode(value)].map((byte) => [byte]));
const sized = (content: Code): Code => [...unsigned(content.length), ...content];
const section = (id: number, items: readonly Code[]): Code => [id, ...sized(list(items))];

/** Pages of 64 KiB that 32 bits of address can reach. */
const MAX_PAGES = 65536;

/** A whole module, 5.5: memories come in, functions go out. */
export function assemble(
  memories: readonly MemoryImport[],
  functions: readonly FunctionSource[],
): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, result = i32 }) => [
    ...[0x60, ...list(new Array(parameters).fill([i32])), 1, result],
  ]);
  const imports = memories.map(({ module, name, shared }) => [
    ...[...text(module), ...text(name), 0x02],
    ...[shared ? 3 : 1, ...unsigned(0), ...unsigned(MAX_PAGES)],
  ]);
  const exports = functions.map(({ name }, n) => [...text(name), 0x00, ...unsigned(n)]);
  const bodies = functions.map(({ locals, body }) => sized([...list(locals.map((type) => [1, type])), ...body, 0x0b]));
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, imports),
    ...section(
      3,
      functions.map((_, n) => unsigned(n)),
    ),
    ...section(7, exports),
    ...section(10, bodies),
  ]);
}

// As much of an assembler for WebAssembly as a kernel on vectors of integers needs (core specification 2.0, chapter 5).

/** Encoded instructions. An instruction is written as a function of the code that makes its operands: code reads as expressions. */
export type Code = readonly number[];
export type ValueType = "i32" | "v128";

export interface Local {
  get: Code;
  set(value: Code): Code;
}

export interface Func {
  parameters: number;
  locals: ValueType[];
  body: Code;
}

/** The parts of the JavaScript interface that are used here; the types of Node do not have them. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object) => { exports: object };
};

const TYPES = { i32: 0x7f, v128: 0x7b } as const;
const NO_RESULT = 0x40;
const END = 0x0b;

/** A function of integers, without a result; `write` gets them by their names, and a maker of further variables. */
export function func<Name extends string>(
  names: readonly Name[],
  write: (parameters: Record<Name, Local>, local: (type: ValueType) => Local) => Code[],
): Func {
  const locals: ValueType[] = [];
  const parameters = Object.fromEntries(names.map((name, i) => [name, localAt(i)])) as Record<Name, Local>;
  const body = write(parameters, (type) => localAt(names.length + locals.push(type) - 1)).flat();
  return { parameters: names.length, locals, body };
}

/**
 * Instances of a module that exports the functions by their names and, as `memory`, its memory: one page of 64 KiB, which may grow.
 */
export function wasmMaker(functions: Record<string, Func>): () => object {
  const module = new WebAssembly.Module(encode(functions));
  return () => new WebAssembly.Instance(module).exports;
}

/** A module's bytes. */
function encode(functions: Record<string, Func>): Uint8Array<ArrayBuffer> {
  const all = Object.entries(functions);
  const types = all.map(([, { parameters }]) => [0x60, ...list(Array(parameters).fill([TYPES.i32])), 0]);
  const names = all.map(([name], i) => [...text(name), 0x00, i]);
  const bodies = all.map(([, { locals, body }]) =>
    sized([...list(locals.map((type) => [1, TYPES[type]])), ...body, END]),
  );
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, ...sized(list(types))],
    ...[3, ...sized(list(all.map((_, i) => [i])))],
    ...[5, ...sized(list([[0x00, 1]]))],
    ...[7, ...sized(list([[...text("memory"), 0x02, 0], ...names]))],
    ...[10, ...sized(list(bodies))],
  );
}

/** Runs `body` once, and again as long as `counter` is below `end`. */
export function repeat(counter: Local, end: Local, ...body: Code[]): Code {
  return [0x03, NO_RESULT, ...body.flat(), ...counter.get, ...end.get, 0x49, 0x0d, 0, END];
}

export const advance = (local: Local, by: number): Code => local.set(add(local.get, i32(by)));
export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const times = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
/** The integer at an address. */
export const load = (at: Code): Code => [...at, 0x28, ...memory(0)];

const simd = (opcode: number, ...operands: Code[]): Code => [...operands.flat(), 0xfd, ...unsigned(opcode)];

/** Sixteen bytes, in the order in which WebAssembly names its lanes. */
export const vector = {
  load: (at: Code): Code => [...simd(0, at), ...memory(0)],
  /** The integer at an address, in all four lanes. */
  splat: (at: Code, offset = 0): Code => [...simd(9, at), ...memory(offset)],
  store: (to: Code, value: Code): Code => [...simd(11, to, value), ...memory(0)],
  /** The first four bytes. */
  storeFirst: (to: Code, value: Code): Code => [...simd(90, to, value), ...memory(0), 0],
  ofIntegers: (value: number): Code => simd(17, i32(value)),
  ofBytes: (bytes: Code): Code => [...simd(12), ...bytes],
  /** Bytes by their numbers, of `a` 0 to 15, of `b` 16 to 31. */
  shuffle: (a: Code, b: Code, bytes: Code): Code => [...simd(13, a, b), ...bytes],
  /** Bytes of `a` by their numbers in `bytes`; 0 where there is none of that number. */
  pick: (a: Code, bytes: Code): Code => simd(14, a, vector.ofBytes(bytes)),
  /** Eight bytes as integers of 16 bits. */
  widenLow: (a: Code): Code => simd(137, a),
  widenHigh: (a: Code): Code => simd(138, a),
  /** Products of eight pairs of signed integers of 16 bits, of which neighbours are added: four integers. */
  dot: (a: Code, b: Code): Code => simd(186, a, b),
  add: (a: Code, b: Code): Code => simd(174, a, b),
  shiftLeft: (a: Code, bits: number): Code => simd(171, a, i32(bits)),
  shiftRight: (a: Code, bits: number): Code => simd(172, a, i32(bits)),
  /** Twice four integers to eight of 16 bits, twice eight of those to bytes: the nearest value that there is. */
  narrow: (a: Code, b: Code): Code => simd(133, a, b),
  narrowToBytes: (a: Code, b: Code): Code => simd(102, a, b),
} as const;

function localAt(index: number): Local {
  return {
    get: [0x20, ...unsigned(index)],
    set: (value) => [...value, 0x21, ...unsigned(index)],
  };
}

/** No claim on alignment, and an offset. */
const memory = (offset: number): Code => [0, ...unsigned(offset)];
const list = (items: Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
const text = (name: string): Code => sized([...new TextEncoder().encode(name)]);

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

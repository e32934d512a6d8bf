import {
  assemble,
  type Code,
  f32,
  float,
  get,
  i32,
  int,
  leave,
  repeatWhile,
  set,
  v128,
  vector,
  when,
} from "../../kit/wasm/assembler.ts";
import type { Metric } from "./scan.ts";

/** Queries that one call takes at most. */
export const MAX_QUERIES = 66;
/** Rows that one call takes at most. */
export const MAX_ROWS = 65536;
/** Finds of one query that fit before they are taken out. */
export const STAGE_ENTRIES = 256;
/** Bytes of a row and of a query are a multiple of this: a line of the cache. */
export const ROW_ALIGN_BYTES = 64;

/** Where things are in the scratch memory; the queries are last because their size varies. */
export const THRESHOLDS = 0;
export const COUNTS = 512;
export const LIST = 1024;
/** Entries behind a list that may be read. */
export const LIST_SPARE = 16;
/** 0, 1, 2, …: the list of a stretch of rows. Written once by the owner of the memory. */
export const NUMBERS = LIST + (MAX_ROWS + LIST_SPARE) * 4;
/** Rows of which the bounds say that they may be wanted. */
export const SURVIVORS = NUMBERS + (MAX_ROWS + LIST_SPARE) * 4;
/** Upper bounds of the scores of a list's rows, by their sketches. */
export const UPPERS = SURVIVORS + (MAX_ROWS + LIST_SPARE) * 4;
export const STAGE = UPPERS + MAX_ROWS * 4;
export const STAGE_BYTES = STAGE_ENTRIES * 8;
export const QUERIES = STAGE + MAX_QUERIES * STAGE_BYTES;

/** With three queries a row's sums are twelve registers; with what is loaded that is all that x64 has without AVX-512. */
const QUERIES_AT_ONCE = 3;
/**
 * With one query, two short rows: the additions of one do not wait for those of the other. Longer rows come one by one, for
 * what is read from beginning to end comes from memory nearly twice as fast. Rows that are far from each other, so many times as many
 * lie between them, are waited for two at a time.
 */
const ROWS_AT_ONCE = 2;
const SHORT_BYTES = 512;
const SCATTERED = 4;
/** These rows and the queries at once stay in the first cache while all queries pass. */
const GROUP_ROWS = 8;
/** Registers of sums for a pair of row and query: 16 sums in all. */
const REGISTERS = ROW_ALIGN_BYTES / 16;
/** Lines of 64 bytes that are compared between two looks at where the row ends. */
const LINES_AT_ONCE = 4;

/**
 * Compares rows `first + list[from…count)` with all queries. A score that is at least its query's threshold is kept in that
 * query's stage as (row, score). Returns how far it came: `count`, or less if a stage must be emptied before it goes on.
 *
 * `queries` is a multiple of the function's queries at once, `stride` the bytes of a row, `list` an address.
 */
export type ScanFunction = (
  from: number,
  count: number,
  queries: number,
  stride: number,
  list: number,
  first: number,
) => number;

/** The functions of the module, and how many queries they take at once: those that are asked with fill up to a multiple. */
export const FUNCTIONS = {
  ip: { one: { name: "ip1", queriesAtOnce: 1 }, several: { name: "ip3", queriesAtOnce: QUERIES_AT_ONCE } },
  l2: { one: { name: "l21", queriesAtOnce: 1 }, several: { name: "l23", queriesAtOnce: QUERIES_AT_ONCE } },
} as const satisfies Record<Metric, object>;

/** The module: imports `scratch.memory` (one thread's) and `rows.memory` (everybody's). */
export function scanModule(): Uint8Array<ArrayBuffer> {
  const metrics: Metric[] = ["ip", "l2"];
  return assemble(
    [
      { module: "scratch", name: "memory", shared: false },
      { module: "rows", name: "memory", shared: true },
    ],
    metrics.flatMap((metric) => [oneQuery(metric), severalQueries(metric)]),
  );
}

let module: WebAssembly.Module | undefined;

/** The module, compiled once a thread. */
export function compiledScan(): WebAssembly.Module {
  module ??= new WebAssembly.Module(scanModule());
  return module;
}

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

/** Locals of a function: parameters first, then integers, then the score, then vectors. */
const [from, count, queries, stride, list, first] = [0, 1, 2, 3, 4, 5];
const [at, groupEnd, query, rowsEnd, place, full] = [6, 7, 8, 9, 10, 11];
const row = [12, 13];
const rowAt = [14, 15];
const queryAt = [16, 17, 18];
const PARAMETERS = 6;
const INTEGERS = 13;
const score = PARAMETERS + INTEGERS;
const x = score + 1;
const y = x + 1;
const PAIRS = Math.max(ROWS_AT_ONCE, QUERIES_AT_ONCE);
/** Sums of each pair. */
const sums = times(PAIRS, (pair) => times(REGISTERS, (register) => y + 1 + pair * REGISTERS + register));
const LOCALS = [...new Array(INTEGERS).fill(i32), f32, v128, v128, ...sums.flat().map(() => v128)];

const advance = (pointer: number, by: number) => set(pointer, int.add(get(pointer), int.of(by)));

/** One query: short rows, and those that are far from each other, two by two, then what is left of them. */
function oneQuery(metric: Metric) {
  const rowsBy = (rows: number): Code => {
    const more = int.lessUnsigned(int.add(get(from), int.of(rows - 1)), get(count));
    const some = compare(metric, { rows, queries: 1 }, from);
    return when(more, repeatWhile(more, ...some, advance(from, rows), when(get(full), leave(get(from)))));
  };
  const short = int.lessUnsigned(get(stride), int.of(SHORT_BYTES + 1));
  const rowOf = (place: Code) => int.load({}, int.add(get(list), int.shiftLeft(place, int.of(2))));
  const span = int.subtract(rowOf(int.subtract(get(count), int.of(1))), rowOf(get(from)));
  const scattered = int.lessUnsigned(int.multiply(int.subtract(get(count), get(from)), int.of(SCATTERED)), span);
  const body: Code[] = [
    set(query, int.of(0)),
    when(int.or(short, scattered), rowsBy(ROWS_AT_ONCE)),
    rowsBy(1),
    get(from),
  ];
  return { name: FUNCTIONS[metric].one.name, parameters: PARAMETERS, locals: LOCALS, body: body.flat() };
}

/** A few rows with all queries, three of these at once, then the next rows. */
function severalQueries(metric: Metric) {
  const body: Code[] = [
    repeatWhile(
      int.lessUnsigned(get(from), get(count)),
      set(groupEnd, int.add(get(from), int.of(GROUP_ROWS))),
      when(int.greaterUnsigned(get(groupEnd), get(count)), set(groupEnd, get(count))),
      set(query, int.of(0)),
      repeatWhile(
        int.lessUnsigned(get(query), get(queries)),
        set(at, get(from)),
        repeatWhile(
          int.lessUnsigned(get(at), get(groupEnd)),
          ...compare(metric, { rows: 1, queries: QUERIES_AT_ONCE }, at),
          advance(at, 1),
        ),
        advance(query, QUERIES_AT_ONCE),
      ),
      set(from, get(groupEnd)),
      when(get(full), leave(get(from))),
    ),
    get(from),
  ];
  return { name: FUNCTIONS[metric].several.name, parameters: PARAMETERS, locals: LOCALS, body: body.flat() };
}

/** The listed rows from place `at` on with the queries from `query` on; either is a single one. */
function compare(metric: Metric, of: { rows: number; queries: number }, at: number): Code[] {
  const rows = times(of.rows, (n) => n);
  const queriesNow = times(of.queries, (n) => n);
  const pairs = rows.flatMap((r) => queriesNow.map((q) => ({ r, q, sums: sums[r + q]! })));
  const pointers = [...rows.map((r) => rowAt[r]!), ...queriesNow.map((q) => queryAt[q]!)];
  const compareLines = (lines: number): Code[] => [
    ...times(lines * REGISTERS, (n) => {
      const ofRow = (r: number) => vector.load({ memory: 1, offset: n * 16 }, get(rowAt[r]!));
      const ofQuery = (q: number) => vector.load({ offset: n * 16 }, get(queryAt[q]!));
      // What all pairs share is loaded once.
      const shared = of.rows === 1 ? ofRow(0) : ofQuery(0);
      const other = ({ r, q }: { r: number; q: number }) => (of.rows === 1 ? ofQuery(q) : ofRow(r));
      return [...set(y, shared), ...pairs.flatMap((pair) => addTerm(metric, pair.sums[n % REGISTERS]!, other(pair)))];
    }),
    ...pointers.map((pointer) => advance(pointer, lines * ROW_ALIGN_BYTES)),
  ];
  const upToEnd = (body: Code[]) => {
    const more = int.lessUnsigned(get(rowAt[0]!), get(rowsEnd));
    return when(more, repeatWhile(more, ...body));
  };
  return [
    ...rows.flatMap((r) => [
      set(
        row[r]!,
        int.add(get(first), int.load({ offset: 4 * r }, int.add(get(list), int.shiftLeft(get(at), int.of(2))))),
      ),
      set(rowAt[r]!, int.multiply(get(row[r]!), get(stride))),
    ]),
    set(rowsEnd, int.add(get(rowAt[0]!), int.and(get(stride), int.of(-LINES_AT_ONCE * ROW_ALIGN_BYTES)))),
    ...queriesNow.map((q) =>
      set(queryAt[q]!, int.add(int.of(QUERIES), int.multiply(int.add(get(query), int.of(q)), get(stride)))),
    ),
    ...pairs.flatMap((pair) => pair.sums.map((sum) => set(sum, vector.zero))),
    upToEnd(compareLines(LINES_AT_ONCE)),
    set(rowsEnd, int.add(get(rowsEnd), int.and(get(stride), int.of((LINES_AT_ONCE - 1) * ROW_ALIGN_BYTES)))),
    upToEnd(compareLines(1)),
    ...pairs.flatMap((pair) => [total(metric, pair.sums), keep(row[pair.r]!, int.add(get(query), int.of(pair.q)))]),
  ];
}

/**
 * One multiplication and one addition, each rounded: the same on every processor, unlike `relaxed_madd`. A pair of row
 * and query has its own registers of sums, so that its score never depends on what is computed beside it. Nor does it on
 * which of the two is subtracted from the other: squares are the same.
 */
function addTerm(metric: Metric, sum: number, value: Code): Code {
  if (metric === "ip") return set(sum, vector.add(get(sum), vector.multiply(value, get(y))));
  return [
    ...set(x, vector.subtract(value, get(y))),
    ...set(sum, vector.add(get(sum), vector.multiply(get(x), get(x)))),
  ];
}

/** The score from its sums, pair by pair. */
function total(metric: Metric, registers: readonly number[]): Code {
  const [a, b, c, d] = registers.map((register) => get(register)) as [Code, Code, Code, Code];
  const halves = vector.add(get(x), vector.shuffle([2, 3, 0, 1], get(x), get(x)));
  const whole = vector.add(get(x), vector.shuffle([1, 0, 3, 2], get(x), get(x)));
  return [
    ...set(x, vector.add(vector.add(a, b), vector.add(c, d))),
    ...set(x, halves),
    ...set(x, metric === "ip" ? whole : vector.subtract(vector.zero, whole)),
    ...set(score, vector.lane(0, get(x))),
  ];
}

/** Put a row on the query's stage if its score reaches the threshold. Most often it does not. */
function keep(row: number, ofQuery: Code): Code {
  const counter = int.shiftLeft(ofQuery, int.of(2));
  const kept = int.load({ offset: COUNTS }, counter);
  return when(
    float.atLeast(get(score), float.load({ offset: THRESHOLDS }, counter)),
    set(place, int.add(int.multiply(ofQuery, int.of(STAGE_BYTES)), int.shiftLeft(kept, int.of(3)))),
    int.store({ offset: STAGE }, get(place), get(row)),
    float.store({ offset: STAGE + 4 }, get(place), get(score)),
    int.store({ offset: COUNTS }, counter, int.add(kept, int.of(1))),
    set(full, int.or(get(full), int.greaterUnsigned(kept, int.of(STAGE_ENTRIES - GROUP_ROWS)))),
  );
}

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
} from "./assembler.ts";
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
export const STAGE = SURVIVORS + MAX_ROWS * 4;
export const STAGE_BYTES = STAGE_ENTRIES * 8;
export const QUERIES = STAGE + MAX_QUERIES * STAGE_BYTES;

/** With three queries a row's sums are twelve registers; with what is loaded that is all that x64 has without AVX-512. */
const QUERIES_AT_ONCE = 3;
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

/** The name of the function for a metric and a number of queries. */
export function functionFor(metric: Metric, queries: number): { name: string; queriesAtOnce: number } {
  const queriesAtOnce = queries === 1 ? 1 : QUERIES_AT_ONCE;
  return { name: `${metric}${queriesAtOnce}`, queriesAtOnce };
}

/** The module: imports `scratch.memory` (one thread's) and `rows.memory` (everybody's). */
export function scanModule(): Uint8Array<ArrayBuffer> {
  const metrics: Metric[] = ["ip", "l2"];
  return assemble(
    [
      { module: "scratch", name: "memory", shared: false },
      { module: "rows", name: "memory", shared: true },
    ],
    metrics.flatMap((metric) => [1, QUERIES_AT_ONCE].map((queries) => scanFunction(metric, queries))),
  );
}

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

/** Locals of a function: parameters first, then integers, then the score, then vectors. */
const [from, count, queries, stride, list, first] = [0, 1, 2, 3, 4, 5];
const [at, groupEnd, query, row, rowAt, rowEnd, place, full] = [6, 7, 8, 9, 10, 11, 12, 13];
const PARAMETERS = 6;
const INTEGERS = 8;
const score = PARAMETERS + INTEGERS;
const x = score + 1;
const difference = x + 1;

function scanFunction(metric: Metric, queriesAtOnce: number) {
  const queryAt = times(queriesAtOnce, (q) => difference + 1 + q);
  const sums = queryAt.map((_, q) => times(REGISTERS, (r) => difference + 1 + queriesAtOnce + q * REGISTERS + r));
  const advance = (pointer: number, by: number) => set(pointer, int.add(get(pointer), int.of(by)));

  const pointers = [rowAt, ...queryAt];
  const compareLines = (lines: number): Code[] => [
    ...times(lines * REGISTERS, (r) => [
      ...set(x, vector.load({ memory: 1, offset: r * 16 }, get(rowAt))),
      ...queryAt.flatMap((pointer, q) =>
        addTerm(metric, sums[q]![r % REGISTERS]!, vector.load({ offset: r * 16 }, get(pointer))),
      ),
    ]),
    ...pointers.map((pointer) => advance(pointer, lines * ROW_ALIGN_BYTES)),
  ];
  const upToEnd = (body: Code[]) => {
    const more = int.lessUnsigned(get(rowAt), get(rowEnd));
    return when(more, repeatWhile(more, ...body));
  };
  const compareRow: Code[] = [
    set(row, int.add(get(first), int.load({}, int.add(get(list), int.shiftLeft(get(at), int.of(2)))))),
    set(rowAt, int.multiply(get(row), get(stride))),
    set(rowEnd, int.add(get(rowAt), int.and(get(stride), int.of(-LINES_AT_ONCE * ROW_ALIGN_BYTES)))),
    ...queryAt.map((pointer, q) =>
      set(pointer, int.add(int.of(QUERIES), int.multiply(int.add(get(query), int.of(q)), get(stride)))),
    ),
    ...sums.flat().map((sum) => set(sum, vector.zero)),
    upToEnd(compareLines(LINES_AT_ONCE)),
    set(rowEnd, int.add(get(rowEnd), int.and(get(stride), int.of((LINES_AT_ONCE - 1) * ROW_ALIGN_BYTES)))),
    upToEnd(compareLines(1)),
    ...sums.flatMap((registers, q) => [total(metric, registers), keep(int.add(get(query), int.of(q)))]),
  ];
  const body: Code[] = [
    repeatWhile(
      int.lessUnsigned(get(from), get(count)),
      set(groupEnd, int.add(get(from), int.of(GROUP_ROWS))),
      when(int.greaterUnsigned(get(groupEnd), get(count)), set(groupEnd, get(count))),
      set(query, int.of(0)),
      repeatWhile(
        int.lessUnsigned(get(query), get(queries)),
        set(at, get(from)),
        repeatWhile(int.lessUnsigned(get(at), get(groupEnd)), ...compareRow, advance(at, 1)),
        advance(query, queriesAtOnce),
      ),
      set(from, get(groupEnd)),
      when(get(full), leave(get(from))),
    ),
    get(from),
  ];
  const types = [...new Array(INTEGERS).fill(i32), f32, v128, v128, ...queryAt.map(() => i32)];
  return {
    name: `${metric}${queriesAtOnce}`,
    parameters: PARAMETERS,
    locals: [...types, ...sums.flat().map(() => v128)],
    body: body.flat(),
  };
}

/**
 * One multiplication and one addition, each rounded: the same on every processor, unlike `relaxed_madd`. A pair of row
 * and query has its own registers of sums, so that its score never depends on what is computed beside it.
 */
function addTerm(metric: Metric, sum: number, y: Code): Code {
  if (metric === "ip") return set(sum, vector.add(get(sum), vector.multiply(get(x), y)));
  const square = vector.multiply(get(difference), get(difference));
  return [...set(difference, vector.subtract(get(x), y)), ...set(sum, vector.add(get(sum), square))];
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
    ...set(score, vector.first(get(x))),
  ];
}

/** Put this row on the query's stage if its score reaches the threshold. Most often it does not. */
function keep(ofQuery: Code): Code {
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

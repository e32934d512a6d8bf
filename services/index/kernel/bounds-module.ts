import {
  assemble,
  type Code,
  type FunctionSource,
  float,
  get,
  i32,
  int,
  lanes,
  leave,
  repeatWhile,
  set,
  v128,
  vector,
  when,
} from "../../kit/wasm/assembler.ts";
import { SKETCH_VALUES } from "./rotation.ts";
import type { Metric } from "./scan.ts";
import { COUNTS, STAGE, STAGE_BYTES, UPPERS } from "./scan-module.ts";

/** Bits of one digit of a query. */
export const DIGIT_BITS = 7;
/** Rows whose bounds are computed together: their sums fill the lanes of one register. */
export const ROWS_AT_ONCE = 4;
/** Behind a row's code: its length along it, the length of the rest, 1 over the length of the code, and the sum of the code. */
export const CODE_EXTRA_BYTES = 16;
/** Groups of rows that fit on the stage before they are taken out: few, so that the threshold rises soon. */
export const STAGE_GROUPS = 32;
/** Bytes of a group on the stage: four lower bounds, four upper bounds, the group's place in the list. */
export const GROUP_BYTES = 48;

/** Where a query's numbers are: float32 each, in the scratch memory where the exact scan has its stage of the last queries. */
export const PARAMETERS_AT = STAGE + STAGE_BYTES * 2;
/** What follows {@link PARAMETERS_AT}, and at which place; squares of lengths are of the query's. */
export const BOUND_PARAMETERS = {
  ...{ threshold: 0, step: 1, rest: 2, square: 3, most: 4, slack: 5, share: 6 },
  /** Of sketches only: what is beside the axes, and what codes leave over of what is along them. */
  ...{ beside: 7, leftOver: 8 },
} as const;

/** What bounds are computed from: codes of all values, or sketches. */
export type CodeKind = "code" | "sketch";

/** The names of the functions. */
export const BOUND_FUNCTIONS = {
  code: { ip: "ip", l2: "l2" },
  sketch: { ip: "ipSketch", l2: "l2Sketch" },
} as const satisfies Record<CodeKind, Record<Metric, string>>;

/**
 * Bounds of the scores of rows `first + list[from…count)`, four at a time; those that may reach the threshold are put on the
 * stage, and counted. Returns how far it came: `count` or more, or less if the stage must be emptied before it goes on.
 *
 * `stride` is the bytes of a row's code without what is behind it, `query` the address of the query's code.
 * May read up to three entries behind `count`, and the codes of those rows.
 */
export type BoundFunction = (
  from: number,
  count: number,
  stride: number,
  list: number,
  first: number,
  query: number,
) => number;

/** The same by sketches: upper bounds of all listed rows are written, in their order; up to three more, which say nothing. */
export type SketchFunction = BoundFunction;

/** The name of the function that picks rows by their sketches' bounds. */
export const PICK = "pick";

/**
 * Writes `first + list[n]` for every n of from…count whose upper bound is not below the threshold, in their order, from the address
 * `to` on; returns where they end. Looks at up to three more bounds, and writes up to four entries more than it returns.
 */
export type PickFunction = (from: number, count: number, list: number, first: number, to: number) => number;

/** How products are summed: `pairs` everywhere, `fours` where there is relaxed SIMD, several times as fast. */
export type Products = "pairs" | "fours";

/** The module: imports `scratch.memory` (one thread's) and `codes.memory` (everybody's). */
export function boundsModule(products: Products): Uint8Array<ArrayBuffer> {
  const metrics: Metric[] = ["ip", "l2"];
  return assemble(
    [
      { module: "scratch", name: "memory", shared: false },
      { module: "codes", name: "memory", shared: true },
    ],
    [
      ...metrics.flatMap((metric) => [
        boundFunction("code", metric, products),
        boundFunction("sketch", metric, products),
      ]),
      pickFunction(),
    ],
  );
}

/** Bytes of codes between two looks at where the row ends: many, then what is left of a row. */
const MANY = 64;
const FEW = 16;

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

/** Locals: parameters, integers, vectors. */
const [from, count, stride, list, first, query] = [0, 1, 2, 3, 4, 5];
const [queryAt, end, staged] = [6, 7, 8];
const rowAt = [9, 10, 11, 12];
const INTEGERS = 3 + ROWS_AT_ONCE;
const sums = [13, 14, 15, 16];
const [x, along, rest, inverse, p, middle, error, lower, upper] = [17, 18, 19, 20, 21, 22, 23, 24, 25];
const lows = [26, 27, 28, 29];
const [high, low, codeSum] = [30, 31, 32];
const VECTORS = 20;

function boundFunction(kind: CodeKind, metric: Metric, products: Products) {
  const multiply = products === "fours" ? multiplyFours : multiplyPairs;
  const body: Code[] = [
    repeatWhile(
      int.lessUnsigned(get(from), get(count)),
      ...rowAt.map((pointer, n) => set(pointer, addressOf(n))),
      set(queryAt, get(query)),
      ...[...sums, ...lows].map((sum) => set(sum, vector.zero)),
      ...(kind === "code" ? multiplyAll(multiply) : multiply(SKETCH_VALUES)),
      ...transposed(sums),
      ...(products === "fours" ? transposed(lows) : []),
      ...rows(),
      ...(products === "fours" ? withLows() : []),
      ...(metric === "ip" ? innerProduct(kind) : squaredDistance(kind)),
      ...(kind === "code" ? stage() : keepUppers()),
    ),
    get(from),
  ];
  const locals = [...new Array(INTEGERS).fill(i32), ...new Array(VECTORS).fill(v128)];
  return { name: BOUND_FUNCTIONS[kind][metric], parameters: 6, locals, body: body.flat() };
}

/** Most groups of four have none, so all four are looked at together first. */
function pickFunction(): FunctionSource {
  const [from, count, list, first, to, uppers] = [0, 1, 2, 3, 4, 5];
  const threshold = { offset: PARAMETERS_AT + BOUND_PARAMETERS.threshold * 4 };
  const place = int.shiftLeft(get(from), int.of(2));
  const body: Code[] = [
    repeatWhile(
      int.lessUnsigned(get(from), get(count)),
      set(uppers, vector.load({ offset: UPPERS }, place)),
      when(
        vector.anyNotBelow(get(uppers), vector.spread(threshold, int.of(0))),
        ...times(ROWS_AT_ONCE, (n) => {
          const row = int.add(get(first), int.load({ offset: n * 4 }, int.add(get(list), place)));
          const below = float.below(vector.lane(n, get(uppers)), float.load(threshold, int.of(0)));
          const taken = int.shiftLeft(int.isZero(below), int.of(2));
          return [...int.store({}, get(to), row), ...set(to, int.add(get(to), taken))];
        }),
      ),
      advance(from, ROWS_AT_ONCE),
    ),
    get(to),
  ];
  return { name: PICK, parameters: 5, locals: [v128], body: body.flat() };
}

function rowOf(n: number): Code {
  return int.add(get(first), int.load({ offset: n * 4 }, int.add(get(list), int.shiftLeft(get(from), int.of(2)))));
}

function addressOf(n: number): Code {
  return int.multiply(rowOf(n), int.add(get(stride), int.of(CODE_EXTRA_BYTES)));
}

/** All values of a code, however many they are. */
function multiplyAll(multiply: (values: number) => Code[]): Code[] {
  return [
    set(end, int.add(get(query), int.and(int.shiftLeft(get(stride), int.of(1)), int.of(-2 * MANY)))),
    upToEnd(multiply(MANY)),
    set(end, int.add(get(query), int.shiftLeft(get(stride), int.of(1)))),
    upToEnd(multiply(FEW)),
  ];
}

function upToEnd(body: Code[]): Code {
  const more = int.lessUnsigned(get(queryAt), get(end));
  return when(more, repeatWhile(more, ...body));
}

/** So many values of the query times those of each row. */
function multiplyPairs(values: number): Code[] {
  return [
    ...times(values / 8, (n) => [
      ...set(x, vector.load({ offset: n * 16 }, get(queryAt))),
      ...sums.flatMap((sum, row) => {
        const codes = lanes.loadBytes({ memory: 1, offset: n * 8 }, get(rowAt[row]!));
        return set(sum, lanes.add(get(sum), lanes.pairs(get(x), codes)));
      }),
    ]),
    ...rowAt.map((pointer) => set(pointer, int.add(get(pointer), int.of(values)))),
    set(queryAt, int.add(get(queryAt), int.of(2 * values))),
  ];
}

/** The same with the query's digits: sixteen high ones, then their sixteen low ones. */
function multiplyFours(values: number): Code[] {
  return [
    ...times(values / 16, (n) => [
      ...set(high, vector.load({ offset: n * 32 }, get(queryAt))),
      ...set(low, vector.load({ offset: n * 32 + 16 }, get(queryAt))),
      ...rowAt.flatMap((pointer, row) => [
        ...set(x, vector.load({ memory: 1, offset: n * 16 }, get(pointer))),
        ...set(sums[row]!, lanes.fours(get(x), get(high), get(sums[row]!))),
        ...set(lows[row]!, lanes.fours(get(x), get(low), get(lows[row]!))),
      ]),
    ]),
    ...rowAt.map((pointer) => set(pointer, int.add(get(pointer), int.of(values)))),
    set(queryAt, int.add(get(queryAt), int.of(2 * values))),
  ];
}

/** The sums of both digits to those of the values. */
function withLows(): Code[] {
  const { add, subtract, shiftLeft } = lanes;
  const digits = add(shiftLeft(get(sums[0]!), int.of(DIGIT_BITS)), get(lows[0]!));
  return [set(sums[0]!, subtract(digits, shiftLeft(get(codeSum), int.of(2 * DIGIT_BITS - 1))))];
}

/** Four registers of four lanes to one register: in each lane the sum of one of them. */
function transposed([a, b, c, d]: number[]): Code[] {
  const pair = (left: number, right: number) =>
    lanes.add(
      vector.shuffle([0, 4, 1, 5], get(left), get(right)), // l0 r0 l1 r1
      vector.shuffle([2, 6, 3, 7], get(left), get(right)), // l2 r2 l3 r3
    );
  return [
    set(a!, pair(a!, b!)), // two sums of a and b: a0 b0 a1 b1
    set(c!, pair(c!, d!)),
    set(x, vector.shuffle([0, 1, 4, 5], get(a!), get(c!))),
    set(a!, lanes.add(get(x), vector.shuffle([2, 3, 6, 7], get(a!), get(c!)))),
  ];
}

/** What is behind the codes of the four rows, each number of four rows in one register. */
function rows(): Code[] {
  const [a, b, c, d] = [p, middle, error, lower];
  const [ab, cd] = [upper, x];
  return [
    ...[a, b, c, d].map((local, n) => set(local, vector.load({ memory: 1 }, get(rowAt[n]!)))),
    set(ab, vector.shuffle([0, 4, 1, 5], get(a), get(b))),
    set(cd, vector.shuffle([0, 4, 1, 5], get(c), get(d))),
    set(along, vector.shuffle([0, 1, 4, 5], get(ab), get(cd))),
    set(rest, vector.shuffle([2, 3, 6, 7], get(ab), get(cd))),
    set(ab, vector.shuffle([2, 6, 3, 7], get(a), get(b))),
    set(cd, vector.shuffle([2, 6, 3, 7], get(c), get(d))),
    set(inverse, vector.shuffle([0, 1, 4, 5], get(ab), get(cd))),
    set(codeSum, vector.shuffle([2, 3, 6, 7], get(ab), get(cd))),
  ];
}

/**
 * |q·x − a·p| ≤ a·|e| + |r|·√(|q|² − p²), where p = q·u is known up to |e|, and what rounding may add. Of sketches the query is only
 * what is along the axes, and what is beside them is a product of its own: + |r|·|beside|.
 */
function bound(kind: CodeKind): Code[] {
  const { add, subtract, multiply, greater } = vector;
  const p1 = multiply(lanes.toFloat(get(sums[0]!)), multiply(parameter("step"), get(inverse)));
  const leftOver = multiply(multiply(get(along), get(inverse)), parameter("leftOver"));
  const left = kind === "code" ? get(rest) : leftOver;
  return [
    set(p, p1),
    set(x, greater(vector.zero, subtract(vector.absolute(get(p)), parameter("rest")))),
    set(x, vector.root(greater(vector.zero, subtract(parameter("most"), multiply(get(x), get(x)))))),
    set(error, multiply(get(along), add(parameter("rest"), parameter("slack")))),
    set(error, add(get(error), multiply(left, add(get(x), parameter("slack"))))),
    ...(kind === "code" ? [] : [set(error, add(get(error), multiply(get(rest), parameter("beside"))))]),
    set(middle, multiply(get(along), get(p))),
  ];
}

function innerProduct(kind: CodeKind): Code[] {
  return [
    ...bound(kind),
    set(lower, vector.subtract(get(middle), get(error))),
    set(upper, vector.add(get(middle), get(error))),
  ];
}

/** −|q − x|² = 2 q·x − (|q|² + a² + |r|²) */
function squaredDistance(kind: CodeKind): Code[] {
  const { add, subtract, multiply } = vector;
  const square = (local: number) => multiply(get(local), get(local));
  return [
    ...bound(kind),
    set(x, add(parameter("square"), add(square(along), square(rest)))),
    set(error, add(add(get(error), get(error)), multiply(get(x), parameter("share")))),
    set(middle, subtract(add(get(middle), get(middle)), get(x))),
    set(lower, subtract(get(middle), get(error))),
    set(upper, add(get(middle), get(error))),
  ];
}

function stage(): Code[] {
  return [
    when(vector.anyNotBelow(get(upper), parameter("threshold")), ...putOnStage()),
    advance(from, ROWS_AT_ONCE),
    when(int.greaterUnsigned(get(staged), int.of((STAGE_GROUPS - 1) * GROUP_BYTES)), leave(get(from))),
  ];
}

const advance = (local: number, by: number) => set(local, int.add(get(local), int.of(by)));

/** Of all of them, in the order of the list. */
function keepUppers(): Code[] {
  const at = int.shiftLeft(get(from), int.of(2));
  return [vector.store({ offset: UPPERS }, at, get(upper)), advance(from, ROWS_AT_ONCE)];
}

function putOnStage(): Code[] {
  return [
    vector.store({ offset: STAGE }, get(staged), get(lower)),
    vector.store({ offset: STAGE + 16 }, get(staged), get(upper)),
    int.store({ offset: STAGE + 32 }, get(staged), get(from)),
    set(staged, int.add(get(staged), int.of(GROUP_BYTES))),
    int.store({ offset: COUNTS }, int.of(0), int.add(int.load({ offset: COUNTS }, int.of(0)), int.of(1))),
  ];
}

function parameter(name: keyof typeof BOUND_PARAMETERS): Code {
  return vector.spread({ offset: PARAMETERS_AT + BOUND_PARAMETERS[name] * 4 }, int.of(0));
}

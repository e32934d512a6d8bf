import { assemble, type Code, f32, float, get, int, repeatWhile, set, v128, vector } from "../../kit/wasm/assembler.ts";

/** Values that a turn of the loop takes: four sums of four each, which do not wait for each other. */
export const BLOCK = 16;

const BLOCK_BYTES = 4 * BLOCK;

/** The variables: where the columns stand and the first one ends, and the sums. */
const [a, b, endOfA] = [0, 1, 2] as const;
const sums = [3, 4, 5, 6] as const;

const fours = (column: number, n: number) => vector.load({ offset: 16 * n }, get(column));
const next = (column: number) => set(column, int.add(get(column), int.of(BLOCK_BYTES)));
const [s0, s1, s2, s3] = sums.map(get) as [Code, Code, Code, Code];
const lane = (n: number) => vector.lane(n, get(sums[0]));

/**
 * A module that imports `columns.memory`, and `product(a, b, endOfA)`: the sum of the products of two columns of float32 that
 * begin at the bytes `a` and `b`, at least one block and none but whole ones. It is added in the same order on every machine.
 */
export function productModule(): Uint8Array<ArrayBuffer> {
  const body = [
    repeatWhile(
      int.lessUnsigned(get(a), get(endOfA)),
      ...sums.map((sum, n) => set(sum, vector.add(vector.multiply(fours(a, n), fours(b, n)), get(sum)))),
      next(b),
      next(a),
    ),
    set(sums[0], vector.add(vector.add(s0, s1), vector.add(s2, s3))),
    float.add(lane(0), float.add(lane(1), float.add(lane(2), lane(3)))),
  ];
  return assemble(
    [{ module: "columns", name: "memory", shared: false }],
    [{ name: "product", parameters: 3, result: f32, locals: sums.map(() => v128), body: body.flat() }],
  );
}

import { BLOCK, productModule } from "./product-module.ts";

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(productModule()), { columns: { memory } });
const wholeBlocks = exports.product as (a: number, b: number, endOfA: number) => number;
const values = new Float32Array(memory.buffer);
/** The longest vectors that there is room for: twice what the contract allows. */
const MOST_VALUES = values.length / 2;
const BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 * a · b, as float32 but for the values behind the last 16; undefined when the lengths differ. Both are copied into WebAssembly's memory and
 * multiplied there by vector instructions, which takes a quarter of the time of a loop here.
 */
export function product(a: Float32Array, b: Float32Array): number | undefined {
  const n = a.length;
  if (n !== b.length) return undefined;
  if (n > MOST_VALUES) throw new RangeError(`expected vectors of at most ${MOST_VALUES} values, got ${n}`);
  const whole = n - (n % BLOCK);
  let sum = 0;
  if (whole > 0) {
    values.set(a, 0);
    values.set(b, MOST_VALUES);
    sum = wholeBlocks(0, MOST_VALUES * BYTES, whole * BYTES);
  }
  for (let i = whole; i < n; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

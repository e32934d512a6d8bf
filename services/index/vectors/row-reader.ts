import type { RowSet } from "./row-set.ts";

/** Reads runs of vectors, `[count, dimensions]` without gaps, into one piece of memory that the next call uses again. */
export function rowReader(rows: RowSet): (first: number, count: number) => Float32Array {
  let buffer = new Float32Array();
  return (first, count) => {
    const { dimensions } = rows;
    if (buffer.length < count * dimensions) buffer = new Float32Array(count * dimensions);
    for (let done = 0; done < count; ) {
      const block = rows.blockOf(first + done);
      const local = first + done - block.first;
      const run = Math.min(count - done, block.count - local);
      if (run < 1) throw new RangeError(`expected rows below ${rows.rows}, got ${first + done}`);
      const { memory, stride } = block.rows;
      if (stride === dimensions) {
        const floats = new Float32Array(memory.buffer, local * stride * Float32Array.BYTES_PER_ELEMENT, run * stride);
        buffer.set(floats, done * dimensions);
      } else {
        for (let row = 0; row < run; row++) buffer.set(block.rows.get(local + row), (done + row) * dimensions);
      }
      done += run;
    }
    return buffer.subarray(0, count * dimensions);
  };
}

/** Memory of a list or two of a hundred candidates. */
const CHUNK_BYTES = 64 * 1024;
/** What a view must begin at a multiple of. */
const ALIGNMENT = 8;

let chunk = new ArrayBuffer(CHUNK_BYTES);
let used = 0;

/**
 * Columns of numbers, zeros at first, cut one after the other from larger memory: a typed array with memory of its own costs as much to
 * make as a hundred sums, and ranking one list takes some eighty. Each has its numbers to itself, but keeps the memory of its neighbours
 * alive: for what lives as long as a call.
 */
export function doubles(count: number): Float64Array {
  const bytes = count * Float64Array.BYTES_PER_ELEMENT;
  if (bytes > CHUNK_BYTES / 2) return new Float64Array(count);
  const begin = place(bytes);
  return new Float64Array(chunk, begin, count);
}

/** The same of float32. */
export function floats(count: number): Float32Array {
  const bytes = count * Float32Array.BYTES_PER_ELEMENT;
  if (bytes > CHUNK_BYTES / 2) return new Float32Array(count);
  const begin = place(bytes);
  return new Float32Array(chunk, begin, count);
}

/** The same of int32. */
export function integers(count: number): Int32Array {
  const bytes = count * Int32Array.BYTES_PER_ELEMENT;
  if (bytes > CHUNK_BYTES / 2) return new Int32Array(count);
  const begin = place(bytes);
  return new Int32Array(chunk, begin, count);
}

/** Where so many bytes begin that nobody has yet. */
function place(bytes: number): number {
  if (used + bytes > CHUNK_BYTES) {
    chunk = new ArrayBuffer(CHUNK_BYTES);
    used = 0;
  }
  const begin = used;
  used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  return begin;
}

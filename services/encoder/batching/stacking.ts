import type { ArrayTensor } from "../inference/inference.ts";

/** Tensors by input or output name. */
export type Tensors = Record<string, ArrayTensor>;

/** Rows of the tensors of one call: the first dimension that all of them share; undefined when they share none. */
export function rowsOf(tensors: Tensors): number | undefined {
  const firsts = new Set(Object.values(tensors).map(({ dims }) => dims[0]));
  const [rows] = firsts;
  return firsts.size === 1 && rows !== undefined && rows > 0 ? rows : undefined;
}

/** Equal for calls that can be stacked: names, element types and all dimensions but the first. */
export function shapeKey(tensors: Tensors): string {
  return Object.keys(tensors)
    .sort()
    .map((name) => `${name}:${kindOf(tensors[name])}[${tensors[name]?.dims.slice(1).join(",")}]`)
    .join(" ");
}

/** Pixels of other scale or shift are another kind. */
function kindOf(tensor: ArrayTensor | undefined): string | undefined {
  return tensor?.type === "pixels" ? `pixels × ${tensor.scale} + ${tensor.shift}` : tensor?.type;
}

/**
 * Calls one below the other along the first dimension, in their order; one alone is given as it is, more are copied.
 * @throws RangeError when they differ in names, element types or other dimensions, or when data and dimensions
 * disagree.
 */
export function stack(calls: readonly Tensors[]): Tensors {
  const [first] = calls;
  if (!first) throw new RangeError("expected at least one call to stack, got none");
  if (calls.length === 1) return first;
  const key = shapeKey(first);
  for (const call of calls) {
    if (shapeKey(call) !== key) throw new RangeError(`expected tensors ${key}, got ${shapeKey(call)}`);
  }
  return Object.fromEntries(
    Object.keys(first).map((name) => [
      name,
      concatenate(
        name,
        calls.flatMap((call) => call[name] ?? []),
      ),
    ]),
  );
}

/**
 * The answers of stacked calls apart again, `rows` for each. They are copies, so that one answer that is kept does not
 * keep those of the whole batch in memory.
 * @throws RangeError when an output has not as many rows as went in: then the graph does not batch.
 */
export function split(outputs: Tensors, rows: readonly number[]): Tensors[] {
  const total = rows.reduce((sum, count) => sum + count, 0);
  const parts: Tensors[] = rows.map(() => ({}));
  for (const [name, tensor] of Object.entries(outputs)) {
    if (tensor.dims[0] !== total) {
      throw new RangeError(`expected ${total} rows in output ${name}, got the dimensions [${tensor.dims.join(", ")}]`);
    }
    checkLength(name, tensor);
    let from = 0;
    rows.forEach((count, i) => {
      const part = parts[i];
      if (part) part[name] = cut(tensor, from, from + count);
      from += count;
    });
  }
  return parts;
}

/** Rows `from` until `to`, as a copy. */
export function cut(tensor: ArrayTensor, from: number, to: number): ArrayTensor {
  const { dims, data } = tensor;
  const stride = sizeOf(dims.slice(1));
  return {
    ...tensor,
    dims: [to - from, ...dims.slice(1)],
    data: data.slice(from * stride, to * stride),
  } as ArrayTensor;
}

function concatenate(name: string, tensors: readonly ArrayTensor[]): ArrayTensor {
  const [first] = tensors;
  if (!first) throw new RangeError(`expected a tensor ${name}, got none`);
  for (const tensor of tensors) checkLength(name, tensor);
  const dims = [tensors.reduce((sum, tensor) => sum + (tensor.dims[0] ?? 0), 0), ...first.dims.slice(1)];
  const { type } = first;
  switch (type) {
    case "float32":
      return { type, dims, data: fill(new Float32Array(sizeOf(dims)), tensors) };
    case "int64":
      return { type, dims, data: fill(new BigInt64Array(sizeOf(dims)), tensors) };
    case "int32":
      return { type, dims, data: fill(new Int32Array(sizeOf(dims)), tensors) };
    case "uint8":
      return { type, dims, data: fill(new Uint8Array(sizeOf(dims)), tensors) };
    case "pixels":
      return { ...first, dims, data: fill(new Uint8Array(sizeOf(dims)), tensors) };
  }
}

function fill<D extends ArrayTensor["data"]>(into: D, tensors: readonly ArrayTensor[]): D {
  let at = 0;
  for (const { data } of tensors) {
    // Same element type: their shape keys are equal.
    (into as { set(from: ArrayTensor["data"], at: number): void }).set(data, at);
    at += data.length;
  }
  return into;
}

function checkLength(name: string, { dims, data }: ArrayTensor): void {
  if (data.length === sizeOf(dims)) return;
  throw new RangeError(`expected ${sizeOf(dims)} values in ${name} [${dims.join(", ")}], got ${data.length}`);
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

const BYTES_PER_FLOAT = 4;

/**
 * The float32 values (little-endian) in `bytes`, copied, so that they are aligned and outlive the message.
 * Throws RangeError if the length is no multiple of 4.
 */
export function floatsFromBytes(bytes: Uint8Array): Float32Array {
  if (bytes.byteLength % BYTES_PER_FLOAT !== 0) {
    throw new RangeError(`expected a multiple of ${BYTES_PER_FLOAT} bytes, got ${bytes.byteLength}`);
  }
  const copy = new Uint8Array(bytes.byteLength);
  copy.set(bytes);
  return new Float32Array(copy.buffer);
}

/** The values as float32 little-endian bytes: a view, not a copy. All supported platforms are little-endian. */
export function bytesFromFloats(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

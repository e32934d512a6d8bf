const INITIAL_BYTES = 64 * 1024;
const MOST_VARINT_BYTES = 5;
const FLOAT_BYTES = 4;
const DOUBLE_BYTES = 8;
/** What a message of 128 bytes to 16 KiB has in front of it. */
const USUAL_LENGTH_BYTES = 2;

/** Numbers of the fields of an entry of a map. */
export const ENTRY = { key: 1, value: 2 } as const;

/** Wire types: https://protobuf.dev/programming-guides/encoding/#structure */
const FIXED_64 = 1;
export const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

const utf8 = new TextEncoder();

/**
 * Writes fields of Protobuf messages, numbered 1 to 15, as they stand on the wire, into memory that is used for one message after the
 * other. For messages of hundreds of parts whose values stand in columns: no object is made for any part, and no native function is called
 * for a string of ASCII. Values that are the default, "" and 0, are left out.
 */
export class WireWriter {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  string(field: number, text: string): void {
    if (text.length > 0 && !this.#ascii(field, text)) this.bytes(field, utf8.encode(text));
  }

  bytes(field: number, value: Uint8Array): void {
    if (value.byteLength === 0) return;
    this.#delimited(field, value.byteLength);
    this.raw(value);
  }

  /** What was encoded before, as it is. */
  raw(encoded: Uint8Array): void {
    this.#reserve(encoded.byteLength);
    this.#bytes.set(encoded, this.#at);
    this.#at += encoded.byteLength;
  }

  double(field: number, value: number): void {
    if (Object.is(value, 0)) return;
    this.#reserve(1 + DOUBLE_BYTES);
    this.#bytes[this.#at] = (field << 3) | FIXED_64;
    this.#view.setFloat64(this.#at + 1, value, true);
    this.#at += 1 + DOUBLE_BYTES;
  }

  float(field: number, value: number): void {
    if (Object.is(value, 0)) return;
    this.#reserve(1 + FLOAT_BYTES);
    this.#bytes[this.#at] = (field << 3) | FIXED_32;
    this.#view.setFloat32(this.#at + 1, value, true);
    this.#at += 1 + FLOAT_BYTES;
  }

  /** A field of bytes: float32 little-endian, `count` of the values from place `from` on. */
  floats(field: number, values: Float32Array, from: number, count: number): void {
    if (count === 0) return;
    this.#delimited(field, count * FLOAT_BYTES);
    for (let i = from; i < from + count; i++, this.#at += FLOAT_BYTES) {
      this.#view.setFloat32(this.#at, values[i] as number, true);
    }
  }

  /** What is written next, until `end` is called with what this returns, is a message in this field. */
  begin(field: number): number {
    this.#reserve(1 + USUAL_LENGTH_BYTES);
    this.#bytes[this.#at] = (field << 3) | LENGTH_DELIMITED;
    this.#at += 1 + USUAL_LENGTH_BYTES;
    return this.#at;
  }

  end(begun: number): void {
    const length = this.#at - begun;
    const bytes = varintBytes(length);
    const start = begun - USUAL_LENGTH_BYTES + bytes;
    if (start !== begun) {
      this.#reserve(MOST_VARINT_BYTES);
      this.#bytes.copyWithin(start, begun, this.#at);
    }
    this.#at = begun - USUAL_LENGTH_BYTES;
    this.#varint(length);
    this.#at += length;
  }

  /** A copy of what was written. The writer is empty again. */
  finish(): Uint8Array {
    const written = this.#bytes.slice(0, this.#at);
    this.#at = 0;
    return written;
  }

  /** False: it is not ASCII, and nothing was written. */
  #ascii(field: number, text: string): boolean {
    const before = this.#at;
    this.#delimited(field, text.length);
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#at = before;
        return false;
      }
      bytes[at + i] = code;
    }
    this.#at = at + text.length;
    return true;
  }

  /** Tag and length of a field, and room for it. */
  #delimited(field: number, length: number): void {
    this.#reserve(1 + MOST_VARINT_BYTES + length);
    this.#bytes[this.#at++] = (field << 3) | LENGTH_DELIMITED;
    this.#varint(length);
  }

  #varint(value: number): void {
    let left = value;
    for (; left > 0x7f; left >>>= 7) this.#bytes[this.#at++] = (left & 0x7f) | 0x80;
    this.#bytes[this.#at++] = left;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes++;
  return bytes;
}

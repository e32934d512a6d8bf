import type { ArrayTensor } from "./inference.ts";

/**
 * What parent and inference process say to each other. One frame is
 *
 *     prefix   24 bytes   magic, kind and region, id, resident KiB of the sender, bytes of head, bytes of body: six uint32
 *     head     8 × n      text, names, and name, type and dimensions of each tensor, of pixels also scale and shift
 *     body     8 × n      the tensors' bytes as they lie in memory, each from a multiple of 8 on; not on the pipe when the
 *                         prefix names a region of the file of bodies
 *
 * All integers are little-endian, as is every machine that ONNX Runtime has binaries for. Numbers are never text, and
 * tensors are neither copied to be written nor to be read: they are views.
 */
export interface Frame {
  kind: FrameKind;
  /** Ties an answer to its question; 0 to 2³² − 1. */
  id: number;
  /** Resident memory of the sender in bytes, to the KiB; 0: not said. */
  rssBytes?: number;
  /** run: the graph. failed: why. open, opened: JSON. At most MAX_HEAD_BYTES. */
  text?: string;
  /** run: the outputs wanted. */
  names?: readonly string[];
  tensors?: Readonly<Record<string, ArrayTensor>>;
}

export type FrameKind = "open" | "opened" | "run" | "answer" | "failed";

/** A frame that arrived: everything is said. */
export type ReceivedFrame = Required<Frame>;

/** What the prefix announces. */
export interface FramePrefix {
  kind: FrameKind;
  id: number;
  rssBytes: number;
  headBytes: number;
  bodyBytes: number;
  /** Where the body lies: 0: it follows on the pipe; else a region of the file of bodies. */
  region: number;
}

export const PREFIX_BYTES = 24;
export const MAX_HEAD_BYTES = 2 ** 20;
/** A batch of 32 photos of 224 × 224 takes 19 MB, as do the hidden states of ViT-B/32. */
export const MAX_BODY_BYTES = 2 ** 30;

/** The other side does not keep to the format: nothing that follows on this pipe can be trusted. */
export class FrameError extends Error {
  override name = "FrameError";
}

const MAGIC = 0x31_46_46_49; // "IFF1"
const KINDS: readonly FrameKind[] = ["open", "opened", "run", "answer", "failed"];
/** A region stands above the kind. */
const REGION = 2 ** 8;
const MAX_REGION = 2;
const MAX_RANK = 8;
const TYPES = [
  { type: "float32", make: Float32Array },
  { type: "int64", make: BigInt64Array },
  { type: "int32", make: Int32Array },
  { type: "uint8", make: Uint8Array },
  { type: "pixels", make: Uint8Array },
] as const;

/**
 * A frame as chunks to be written one after the other. The tensors' memory is passed on, not copied: it must not change
 * until it is written.
 * @param store where the body may be put instead of the pipe; answers its region, 0: it was not put there
 * @throws RangeError when it is larger than a reader would accept.
 */
export function encodeFrame(
  { kind, id, rssBytes = 0, text = "", names = [], tensors = {} }: Frame,
  store: (body: readonly Uint8Array[]) => number = () => 0,
): Uint8Array[] {
  const entries = Object.entries(tensors);
  const head = new HeadWriter();
  head.bytes(utf8(text), 4);
  head.uint(names.length, 2);
  for (const name of names) head.bytes(utf8(name), 2);
  head.uint(entries.length, 2);
  const body: Uint8Array[] = [];
  let bodyBytes = 0;
  for (const [name, tensor] of entries) {
    const { type, dims, data } = tensor;
    if (data.length !== sizeOf(dims) || dims.length > MAX_RANK) {
      throw new RangeError(`expected ${dims.join(" × ") || 1} values in ${name}, got ${data.length}`);
    }
    head.bytes(utf8(name), 2);
    head.uint(
      TYPES.findIndex((known) => known.type === type),
      1,
    );
    head.uint(dims.length, 1);
    for (const size of dims) head.uint(size, 4);
    if (tensor.type === "pixels") for (const value of [...tensor.scale, ...tensor.shift]) head.float(value);
    const padding = padTo8(data.byteLength);
    body.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    if (padding > 0) body.push(new Uint8Array(padding));
    bodyBytes += data.byteLength + padding;
  }
  const bytes = head.finish();
  const headBytes = bytes.length - PREFIX_BYTES;
  if (headBytes > MAX_HEAD_BYTES)
    throw new RangeError(`expected at most ${MAX_HEAD_BYTES} bytes of head, got ${headBytes}`);
  if (bodyBytes > MAX_BODY_BYTES)
    throw new RangeError(`expected at most ${MAX_BODY_BYTES} bytes of tensors, got ${bodyBytes}`);
  const prefix = new DataView(bytes.buffer);
  const region = bodyBytes > 0 ? store(body) : 0;
  const fields = [MAGIC, KINDS.indexOf(kind) + region * REGION, id, Math.round(rssBytes / 1024), headBytes, bodyBytes];
  for (const [i, field] of fields.entries()) prefix.setUint32(i * 4, field, true);
  return region > 0 ? [bytes] : [bytes, ...body];
}

/** @throws FrameError when these are not the first 24 bytes of a frame of bounded size. */
export function decodePrefix(bytes: Uint8Array): FramePrefix {
  const view = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES);
  const [magic = 0, code = 0, id = 0, kib = 0, headBytes = 0, bodyBytes = 0] = [0, 4, 8, 12, 16, 20].map((at) =>
    view.getUint32(at, true),
  );
  const kind = KINDS[code % REGION];
  const region = Math.floor(code / REGION);
  if (magic !== MAGIC || !kind || region > MAX_REGION)
    throw new FrameError(`expected a frame, got magic ${magic} and kind ${code}`);
  if (headBytes > MAX_HEAD_BYTES || headBytes % 8 > 0)
    throw new FrameError(`a head of ${headBytes} bytes is not possible`);
  if (bodyBytes > MAX_BODY_BYTES || bodyBytes % 8 > 0)
    throw new FrameError(`a body of ${bodyBytes} bytes is not possible`);
  return { kind, id, rssBytes: kib * 1024, headBytes, bodyBytes, region };
}

/**
 * The frame whose head and body lie in `bytes`, from a multiple of 8 in its buffer on. Its tensors are views on that
 * memory.
 * @throws FrameError when head and body contradict each other.
 */
export function decodeFrame(
  { kind, id, rssBytes, headBytes, bodyBytes }: FramePrefix,
  bytes: Uint8Array,
): ReceivedFrame {
  const head = new HeadReader(bytes.subarray(0, headBytes));
  const text = head.string(4);
  const names = Array.from({ length: head.uint(2) }, () => head.string(2));
  const tensors: [string, ArrayTensor][] = [];
  let at = headBytes;
  for (let left = head.uint(2); left > 0; left--) {
    const name = head.string(2);
    const code = head.uint(1);
    const rank = head.uint(1);
    const known = TYPES[code];
    if (!known || rank > MAX_RANK) throw new FrameError(`a tensor of type ${code} and rank ${rank} is not possible`);
    const dims = Array.from({ length: rank }, () => head.uint(4));
    const values = known.type === "pixels" ? { scale: head.triple(), shift: head.triple() } : {};
    const count = sizeOf(dims);
    const byteLength = count * known.make.BYTES_PER_ELEMENT;
    if (!(at + byteLength <= headBytes + bodyBytes)) {
      throw new FrameError(`tensor ${name} has ${dims.join(" × ")} values, which do not fit its frame`);
    }
    const data = new known.make(bytes.buffer as ArrayBuffer, bytes.byteOffset + at, count);
    tensors.push([name, { type: known.type, dims, data, ...values } as ArrayTensor]);
    at += byteLength + padTo8(byteLength);
  }
  return { kind, id, rssBytes, text, names, tensors: Object.fromEntries(tensors) };
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

function padTo8(bytes: number): number {
  return (8 - (bytes % 8)) % 8;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Grows as it is written; leaves room for the prefix. */
class HeadWriter {
  #view = new DataView(new ArrayBuffer(512));
  #at = PREFIX_BYTES;

  uint(value: number, size: 1 | 2 | 4): void {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * size)) {
      throw new RangeError(`expected an integer of ${size} bytes, got ${value}`);
    }
    this.#reserve(size);
    if (size === 1) this.#view.setUint8(this.#at, value);
    else if (size === 2) this.#view.setUint16(this.#at, value, true);
    else this.#view.setUint32(this.#at, value, true);
    this.#at += size;
  }

  float(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** Preceded by their number. */
  bytes(bytes: Uint8Array, size: 2 | 4): void {
    this.uint(bytes.length, size);
    this.#reserve(bytes.length);
    new Uint8Array(this.#view.buffer).set(bytes, this.#at);
    this.#at += bytes.length;
  }

  finish(): Uint8Array {
    const end = this.#at + padTo8(this.#at);
    this.#reserve(end - this.#at);
    return new Uint8Array(this.#view.buffer, 0, end);
  }

  #reserve(more: number): void {
    if (this.#at + more <= this.#view.byteLength) return;
    const grown = new Uint8Array(Math.max(this.#view.byteLength * 2, this.#at + more + 8));
    grown.set(new Uint8Array(this.#view.buffer, 0, this.#at));
    this.#view = new DataView(grown.buffer);
  }
}

class HeadReader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  uint(size: 1 | 2 | 4): number {
    const at = this.#take(size);
    if (size === 1) return this.#view.getUint8(at);
    return size === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true);
  }

  triple(): [number, number, number] {
    const at = this.#take(24);
    return [this.#view.getFloat64(at, true), this.#view.getFloat64(at + 8, true), this.#view.getFloat64(at + 16, true)];
  }

  string(size: 2 | 4): string {
    const length = this.uint(size);
    const at = this.#take(length);
    return decoder.decode(new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length));
  }

  #take(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    if (this.#at > this.#view.byteLength) throw new FrameError("the head of a frame ends too early");
    return at;
  }
}

import { type FileHandle, open } from "node:fs/promises";

/** An input or output of a graph. */
export interface OnnxValue {
  name: string;
  /** ONNX's TensorProto.DataType: 1 float32, 7 int64, 10 float16; 0 when it is not said. */
  elementType: number;
  /** A number is fixed, a word is free ("batch_size"), "" is free without a name. */
  dims: (number | string)[];
}

/** What an ONNX file says of itself before its weights. */
export interface OnnxHeader {
  /** Version of the default operator set; 0 when it is not said. */
  opset: number;
  inputs: OnnxValue[];
  outputs: OnnxValue[];
}

const CHUNK_BYTES = 64 * 1024;
const MAX_VALUE_BYTES = 1024 * 1024;

/**
 * Read inputs, outputs and opset of an ONNX file; weights are skipped, not read, so that a file of gigabytes takes
 * milliseconds. Field numbers: onnx/onnx.proto (ModelProto, GraphProto, ValueInfoProto).
 * @throws TypeError when it is no ONNX graph or is cut off.
 */
export async function readOnnxHeader(file: string): Promise<OnnxHeader> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const header: OnnxHeader = { opset: 0, inputs: [], outputs: [] };
    let graphs = 0;
    const reader = new FieldReader(handle, 0, size);
    for (let field = await reader.next(); field; field = await reader.next()) {
      if (field.number === 8 && field.wire === 2)
        header.opset = readOpset(await reader.read(field.bytes), header.opset);
      else if (field.number === 7 && field.wire === 2) {
        graphs++;
        await readGraph(reader.enter(field.bytes), header);
        reader.skip(field.bytes);
      } else reader.skip(field.bytes);
    }
    if (graphs !== 1 || header.outputs.length === 0) throw new TypeError("it holds no graph with outputs");
    return header;
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new TypeError(`${file} is no ONNX file, or a damaged one (protobuf: ${cause.message})`, { cause });
  } finally {
    await handle.close();
  }
}

async function readGraph(reader: FieldReader, header: OnnxHeader): Promise<void> {
  for (let field = await reader.next(); field; field = await reader.next()) {
    const list = field.number === 11 ? header.inputs : field.number === 12 ? header.outputs : undefined;
    if (list && field.wire === 2) list.push(readValue(await reader.read(field.bytes)));
    else reader.skip(field.bytes);
  }
}

function readOpset(bytes: Uint8Array, before: number): number {
  const fields = [...fieldsOf(bytes)];
  const domain = fields.find(({ number }) => number === 1)?.bytes;
  return domain && domain.length > 0 ? before : Number(fields.find(({ number }) => number === 2)?.value ?? before);
}

function readValue(bytes: Uint8Array): OnnxValue {
  const value: OnnxValue = { name: "", elementType: 0, dims: [] };
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) value.name = text(field.bytes);
    if (field.number !== 2) continue;
    const tensor = inner(field.bytes, 1);
    value.elementType = Number([...fieldsOf(tensor)].find(({ number }) => number === 1)?.value ?? 0);
    for (const { number, bytes: dim } of fieldsOf(inner(tensor, 2))) if (number === 1) value.dims.push(readDim(dim));
  }
  return value;
}

function readDim(bytes: Uint8Array): number | string {
  for (const { number, value, bytes: name } of fieldsOf(bytes)) {
    if (number === 1) return Number(value);
    if (number === 2) return text(name);
  }
  return "";
}

function inner(bytes: Uint8Array, number: number): Uint8Array {
  return [...fieldsOf(bytes)].find((field) => field.number === number)?.bytes ?? new Uint8Array();
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Fields of a message that is in memory. */
function* fieldsOf(bytes: Uint8Array): Generator<{ number: number; value: bigint; bytes: Uint8Array }> {
  for (let at = 0; at < bytes.length; ) {
    const tag = varintAt(bytes, at);
    const head = varintAt(bytes, tag.end);
    const wire = Number(tag.value & 7n);
    const number = Number(tag.value >> 3n);
    if (wire !== 0 && wire !== 2) throw new TypeError(`unexpected wire type ${wire}`);
    const end = wire === 2 ? head.end + Number(head.value) : head.end;
    if (end > bytes.length) throw new TypeError("a field is cut off");
    yield { number, value: head.value, bytes: wire === 2 ? bytes.subarray(head.end, end) : new Uint8Array() };
    at = end;
  }
}

function varintAt(bytes: Uint8Array, start: number): { value: bigint; end: number } {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) throw new TypeError("a number is cut off");
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  throw new TypeError("a number is longer than 10 bytes");
}

/** Fields of a message that lies in a file: heads are read in chunks, contents only when asked for. */
class FieldReader {
  readonly #handle: FileHandle;
  readonly #end: number;
  #at: number;
  #chunk: Uint8Array = new Uint8Array();
  #chunkStart = 0;

  constructor(handle: FileHandle, start: number, end: number) {
    this.#handle = handle;
    this.#at = start;
    this.#end = end;
  }

  /** The head of the next field; `bytes` of content follow. Undefined at the end. */
  async next(): Promise<{ number: number; wire: number; bytes: number } | undefined> {
    if (this.#at >= this.#end) return undefined;
    const head = await this.#peek(20);
    const tag = varintAt(head, 0);
    const wire = Number(tag.value & 7n);
    const number = Number(tag.value >> 3n);
    if (number === 0) throw new TypeError("field number 0");
    let bytes = wire === 1 ? 8 : wire === 5 ? 4 : 0;
    let used = tag.end;
    if (wire === 0) used = varintAt(head, tag.end).end;
    else if (wire === 2) {
      const length = varintAt(head, tag.end);
      used = length.end;
      bytes = Number(length.value);
    } else if (wire !== 1 && wire !== 5) throw new TypeError(`unexpected wire type ${wire}`);
    this.#at += used;
    if (this.#at + bytes > this.#end) throw new TypeError(`it ends ${this.#at + bytes - this.#end} bytes too early`);
    return { number, wire, bytes };
  }

  async read(bytes: number): Promise<Uint8Array> {
    if (bytes > MAX_VALUE_BYTES) throw new TypeError(`a description of ${bytes} bytes`);
    const content = (await this.#peek(bytes)).subarray(0, bytes);
    this.#at += bytes;
    return content;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  /** A reader of the content that comes next; this one does not move. */
  enter(bytes: number): FieldReader {
    return new FieldReader(this.#handle, this.#at, this.#at + bytes);
  }

  /** At least `count` bytes from here, fewer only at the end. */
  async #peek(count: number): Promise<Uint8Array> {
    const wanted = Math.min(count, this.#end - this.#at);
    const offset = this.#at - this.#chunkStart;
    if (offset < 0 || offset + wanted > this.#chunk.length) {
      const buffer = new Uint8Array(Math.min(Math.max(CHUNK_BYTES, wanted), this.#end - this.#at));
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, this.#at);
      this.#chunk = buffer.subarray(0, bytesRead);
      this.#chunkStart = this.#at;
      return this.#chunk;
    }
    return this.#chunk.subarray(offset);
  }
}

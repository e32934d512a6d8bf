import { Pieces, type Wire } from "./wire.ts";

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;
const [END_STREAM, END_HEADERS, ACK] = [1, 4, 1];
const FRAME = 9;
/** What a server may send us, in one stream and in all: more than any measurement takes. */
const WINDOW = 2 ** 31 - 1;
const FIRST_WINDOW = 65_535;
/** `:status: 200` in HPACK's static table. */
const STATUS_200 = 0x88;

export interface Http2Options {
  authority: string;
  scheme: "http" | "https";
  path: string;
  /** gRPC: five bytes before each message. Connect has the message alone. */
  protocol: "grpc" | "connect";
}

/** One unary call after another over HTTP/2 (RFC 9113), as gRPC or as Connect has them, in streams 1, 3, 5, … */
export class Http2Wire implements Wire {
  readonly opening: Buffer[];
  readonly #headers: Buffer;
  readonly #grpc: boolean;
  readonly #arrived = new Pieces();
  readonly #body = new Pieces();
  #stream = -1;
  #opened = false;
  /** How much we may still send in all streams. */
  #window = FIRST_WINDOW;

  constructor({ authority, scheme, path, protocol }: Http2Options) {
    this.#grpc = protocol === "grpc";
    const settings = Buffer.alloc(12);
    settings.writeUInt16BE(2, 0); // no pushes
    settings.writeUInt16BE(4, 6);
    settings.writeUInt32BE(WINDOW, 8);
    const more = Buffer.alloc(4);
    more.writeUInt32BE(WINDOW - FIRST_WINDOW);
    const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    this.opening = [Buffer.concat([preface, frame(SETTINGS, 0, 0, settings), frame(WINDOW_UPDATE, 0, 0, more)])];
    this.#headers = Buffer.concat([
      Buffer.from([0x83, scheme === "http" ? 0x86 : 0x87]), // :method POST, :scheme
      literal(Buffer.from([4]), path),
      literal(Buffer.from([1]), authority),
      literal(Buffer.from([0x0f, 16]), this.#grpc ? "application/grpc" : "application/proto"),
      ...(this.#grpc
        ? [literal(named("te"), "trailers")]
        : [literal(named("connect-protocol-version"), "1"), literal(named("connect-timeout-ms"), "60000")]),
    ]);
  }

  frame(payload: Uint8Array): Buffer {
    const prefix = Buffer.alloc(this.#grpc ? 5 : 0);
    if (this.#grpc) prefix.writeUInt32BE(payload.length, 1);
    const headers = frame(HEADERS, END_HEADERS, 0, this.#headers);
    return Buffer.concat([headers, frame(DATA, END_STREAM, 0, Buffer.concat([prefix, payload]))]);
  }

  stamp(request: Buffer): void {
    this.#stream += 2;
    const data = FRAME + this.#headers.length;
    request.writeUInt32BE(this.#stream, 5);
    request.writeUInt32BE(this.#stream, data + 5);
    this.#window -= request.readUIntBE(data, 3);
    if (this.#window < 0) throw new Error("expected the server to take what it was sent, got no WINDOW_UPDATE");
  }

  read(chunk: Buffer, send: (bytes: Buffer) => void): Buffer | undefined {
    const bytes = this.#arrived.add(chunk);
    let at = 0;
    let answer: Buffer | undefined;
    while (bytes.length - at >= FRAME) {
      const size = bytes.readUIntBE(at, 3);
      if (bytes.length - at < FRAME + size) break;
      const payload = bytes.subarray(at + FRAME, at + FRAME + size);
      answer = this.#take(bytes[at + 3]!, bytes[at + 4]!, payload, send) ?? answer;
      at += FRAME + size;
    }
    this.#arrived.bytes = bytes.subarray(at);
    return answer;
  }

  #take(type: number, flags: number, payload: Buffer, send: (bytes: Buffer) => void): Buffer | undefined {
    if (type === SETTINGS && !(flags & ACK)) send(frame(SETTINGS, ACK, 0, Buffer.alloc(0)));
    if (type === PING && !(flags & ACK)) send(frame(PING, ACK, 0, payload));
    if (type === WINDOW_UPDATE) this.#window = Math.min(WINDOW, this.#window + payload.readUInt32BE());
    if (type === RST_STREAM || type === GOAWAY) throw new Error(`the server ended it: ${payload.toString("latin1")}`);
    // Some proxies write a change of their header table first (001xxxxx): it says nothing of the status.
    if (type === HEADERS && !(flags & END_STREAM) && statusOf(payload) !== STATUS_200) {
      throw new Error(`expected status 200, got headers ${payload.toString("latin1")}`);
    }
    if (type === DATA && payload.length > 0) this.#body.add(payload);
    if (type === SETTINGS && !(flags & ACK) && !this.#opened) {
      this.#opened = true;
      return Buffer.alloc(0);
    }
    if ((type !== DATA && type !== HEADERS) || !(flags & END_STREAM)) return undefined;
    const body = this.#body.take();
    if (this.#grpc && body.length < 5) {
      throw new Error(`expected a message, got trailers alone: ${payload.toString("latin1")}`);
    }
    return this.#grpc ? body.subarray(5) : body;
  }
}

function statusOf(headers: Buffer): number | undefined {
  let at = 0;
  while (at < headers.length && (headers[at]! & 0xe0) === 0x20) {
    if ((headers[at++]! & 0x1f) === 0x1f) while (headers[at++]! & 0x80);
  }
  return headers[at];
}

/** Without indexing: the same bytes every time. */
function literal(name: Buffer, value: string): Buffer {
  return Buffer.concat([name, Buffer.from([value.length]), Buffer.from(value)]);
}

function named(name: string): Buffer {
  return Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name)]);
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(FRAME);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

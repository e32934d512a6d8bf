import { Pieces, type Wire } from "./wire.ts";

export interface PostgresOptions {
  user: string;
  database: string;
  /** Statements before the first query. */
  settings: string;
  /** Has one parameter of this type. */
  statement: string;
  parameterType: number;
}

/** One prepared statement again and again, in PostgreSQL's protocol 3.0, parameters and columns as binary values. */
export class PostgresWire implements Wire {
  readonly opening: Buffer[];
  readonly #arrived = new Pieces();

  constructor({ user, database, settings, statement, parameterType }: PostgresOptions) {
    const startup = Buffer.concat([
      int32(196_608),
      text("user"),
      text(user),
      text("database"),
      text(database),
      text(""),
    ]);
    const parse = message("P", text("s"), text(statement), int16(1), int32(parameterType));
    this.opening = [
      Buffer.concat([int32(startup.length + 4), startup]),
      message("Q", text(settings)),
      Buffer.concat([parse, message("S")]),
    ];
  }

  frame(payload: Uint8Array): Buffer {
    const parameters = [int16(1), int16(1), int16(1), int32(payload.length), Buffer.from(payload)];
    const bind = message("B", text(""), text("s"), ...parameters, int16(1), int16(1));
    return Buffer.concat([bind, message("E", text(""), int32(0)), message("S")]);
  }

  read(chunk: Buffer): Buffer | undefined {
    const bytes = this.#arrived.add(chunk);
    for (const { type, body, end } of messagesOf(bytes)) {
      if (type === "E") throw new Error(body.toString("utf8").replaceAll("\0", " "));
      if (type !== "Z") continue;
      this.#arrived.bytes = bytes.subarray(end);
      return bytes.subarray(0, end);
    }
    return undefined;
  }
}

/** The first column of every row, an int4. */
export function intsOf(answer: Buffer): number[] {
  return [...messagesOf(answer)].filter(({ type }) => type === "D").map(({ body }) => body.readInt32BE(6));
}

function* messagesOf(bytes: Buffer) {
  for (let at = 0; bytes.length - at >= 5; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) return;
    yield { type: String.fromCharCode(bytes[at]!), body: bytes.subarray(at + 5, end), end };
    at = end;
  }
}

function message(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

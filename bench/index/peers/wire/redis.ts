import { Pieces, type Wire } from "./wire.ts";

export type Reply = Buffer | string | null | Reply[];

/** One command after another in Redis' protocol (RESP2). A payload is a whole command. */
export class RedisWire implements Wire {
  readonly opening: Buffer[] = [];
  readonly #arrived = new Pieces();

  frame(payload: Uint8Array): Buffer {
    return Buffer.from(payload);
  }

  read(chunk: Buffer): Buffer | undefined {
    const bytes = this.#arrived.add(chunk);
    const end = endOf(bytes, 0);
    if (end === undefined) return undefined;
    this.#arrived.bytes = bytes.subarray(end);
    return bytes.subarray(0, end);
  }
}

export function command(...words: (string | number | Uint8Array)[]): Buffer {
  const parts = words.map((word) => (word instanceof Uint8Array ? Buffer.from(word) : Buffer.from(String(word))));
  const bulk = parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, Buffer.from("\r\n")]);
  return Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...bulk]);
}

/** @throws if it is an error */
export function replyOf(bytes: Buffer): Reply {
  return parse(bytes, 0)!.value;
}

/** Where the reply ends that begins here; undefined: not yet. */
function endOf(bytes: Buffer, from: number): number | undefined {
  return parse(bytes, from)?.end;
}

function parse(bytes: Buffer, from: number): { value: Reply; end: number } | undefined {
  const line = bytes.indexOf("\r\n", from);
  if (line < 0) return undefined;
  const [type, rest] = [String.fromCharCode(bytes[from]!), bytes.toString("latin1", from + 1, line)];
  let end = line + 2;
  if (type === "-") throw new Error(`redis: ${rest}`);
  if (type === "$") {
    const size = Number(rest);
    if (size < 0) return { value: null, end };
    return bytes.length < end + size + 2 ? undefined : { value: bytes.subarray(end, end + size), end: end + size + 2 };
  }
  if (type !== "*") return { value: rest, end };
  const value: Reply[] = [];
  for (let n = 0; n < Number(rest); n++) {
    const one = parse(bytes, end);
    if (!one) return undefined;
    value.push(one.value);
    end = one.end;
  }
  return { value, end };
}

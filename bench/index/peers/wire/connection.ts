import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Wire } from "./wire.ts";

export interface Address {
  host: string;
  port: number;
  /** Files, PEM; speaks HTTP/2 then. */
  tls?: { cert: string; key: string; ca: string };
}

/** What arrives is read into this much room that is the connection's: node makes no buffers and calls no listeners for it then. */
const ROOM_BYTES = 64 * 1024;

/** One request at a time over one connection. */
export class Connection {
  readonly #socket: Socket;
  readonly #wire: Wire;
  #answered: ((answer: Buffer) => void) | undefined;
  #failed: ((reason: unknown) => void) | undefined;

  private constructor(address: Address, wire: Wire) {
    this.#wire = wire;
    this.#socket = connect(address, (bytes) => this.#read(bytes));
    this.#socket.on("error", (error) => this.#failed?.(error));
    this.#socket.on("close", () => this.#failed?.(new Error("the server closed the connection")));
  }

  static async open(address: Address, wire: Wire): Promise<Connection> {
    const connection = new Connection(address, wire);
    await once(connection.#socket, address.tls ? "secureConnect" : "connect");
    connection.#socket.setNoDelay(true);
    for (const bytes of wire.opening) await connection.#exchange(bytes);
    return connection;
  }

  /** @throws if the server refuses, or goes */
  call(frame: Buffer): Promise<Buffer> {
    this.#wire.stamp?.(frame);
    return this.#exchange(frame);
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    try {
      const answer = this.#wire.read(bytes, (reply) => void this.#socket.write(reply));
      if (answer) this.#answered?.(answer);
    } catch (error) {
      this.#failed?.(error);
      this.#socket.destroy();
    }
  }

  #exchange(bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(bytes);
    });
  }
}

/** @param read gets what arrives, to keep */
function connect({ host, port, tls }: Address, read: (bytes: Buffer) => void): Socket {
  const callback = (size: number, room: Uint8Array) => {
    read(Buffer.from(room.subarray(0, size)));
    return true;
  };
  const how = { host, port, onread: { buffer: Buffer.alloc(ROOM_BYTES), callback } };
  if (!tls) return connectPlain(how);
  const [cert, key, ca] = [tls.cert, tls.key, tls.ca].map((file) => readFileSync(file));
  return connectTls({ ...how, ...{ cert, key, ca, ALPNProtocols: ["h2"] } });
}

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

/** One request at a time over one connection. */
export class Connection {
  readonly #socket: Socket;
  readonly #wire: Wire;
  #answered: ((answer: Buffer) => void) | undefined;
  #failed: ((reason: unknown) => void) | undefined;

  private constructor(socket: Socket, wire: Wire) {
    this.#socket = socket;
    this.#wire = wire;
    const send = (bytes: Buffer) => void socket.write(bytes);
    socket.on("data", (chunk) => {
      try {
        const answer = wire.read(chunk, send);
        if (answer) this.#answered?.(answer);
      } catch (error) {
        this.#failed?.(error);
        socket.destroy();
      }
    });
    socket.on("error", (error) => this.#failed?.(error));
    socket.on("close", () => this.#failed?.(new Error("the server closed the connection")));
  }

  static async open({ host, port, tls }: Address, wire: Wire): Promise<Connection> {
    const files = tls && {
      cert: readFileSync(tls.cert),
      key: readFileSync(tls.key),
      ca: readFileSync(tls.ca),
      ALPNProtocols: ["h2"],
    };
    const socket = files ? connectTls({ host, port, ...files }) : connectPlain({ host, port });
    await once(socket, files ? "secureConnect" : "connect");
    socket.setNoDelay(true);
    const connection = new Connection(socket, wire);
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

  #exchange(bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(bytes);
    });
  }
}

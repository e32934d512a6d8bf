import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import process from "node:process";
import type { Secrets } from "../../state/secrets.ts";
import type { ChildSpec } from "../child.ts";
import { pollUntil } from "./poll.ts";

export interface ValkeyOptions {
  binary: string;
  /** Its folder, for configuration and data. */
  folder: string;
  port: number;
  /** As in valkey.conf: "128mb". */
  maxMemory: string;
  secrets: Secrets;
}

/** The embedded Valkey as a child. Its password stands in a file, not in the list of processes. */
export function valkeyChild({ binary, folder, port, maxMemory, secrets }: ValkeyOptions): ChildSpec {
  const file = join(folder, "valkey.conf");
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    `requirepass ${secrets.valkey}`,
    `dir "${folder}"`,
    "appendonly yes",
    'save ""',
    `maxmemory ${maxMemory}`,
    "maxmemory-policy allkeys-lru",
    "daemonize no",
  ];
  return {
    name: "valkey",
    command: binary,
    args: [file],
    env: { PATH: process.env.PATH, LC_ALL: "C" },
    url: `redis://127.0.0.1:${port}`,
    async beforeStart() {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
    },
    ready: (signal) => pollUntil(() => pings(port, secrets.valkey), signal),
  };
}

/** Where the services find it. */
export function redisUrl(port: number, { valkey }: Secrets): string {
  return `redis://:${valkey}@127.0.0.1:${port}`;
}

/** It answers PONG only once its data is loaded. */
async function pings(port: number, password: string): Promise<boolean> {
  const socket = createConnection({ host: "127.0.0.1", port, timeout: 1000 });
  try {
    await once(socket, "connect");
    socket.write(`AUTH ${password}\r\nPING\r\n`);
    let answer = "";
    for await (const chunk of socket) {
      answer += chunk;
      if (answer.includes("+PONG")) return true;
      if (answer.includes("-")) return false;
    }
    return false;
  } finally {
    socket.destroy();
  }
}

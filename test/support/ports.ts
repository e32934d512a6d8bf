import { once } from "node:events";
import { createServer } from "node:net";
import process from "node:process";

/**
 * Ports below the range from which systems hand out ports by themselves (32768 and up on Linux): between a look and its
 * use nobody gets one by accident. Each process begins at another place and never takes a port twice.
 */
const FIRST = 18_000;
const COUNT = 14_000;
let next = (process.pid * 101) % COUNT;

/** A TCP port of 127.0.0.1 that nobody listens on, another one at every call. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < COUNT; tried++) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if (await isFree(port)) return port;
  }
  throw new Error(`expected a free port between ${FIRST} and ${FIRST + COUNT}, found none`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
  server.close();
  await once(server, "close");
  return true;
}

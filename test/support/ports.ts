import { once } from "node:events";
import { createServer, type Server } from "node:net";
import process from "node:process";

/**
 * Ports below the range from which systems hand out ports by themselves (32768 and up on Linux): between a look and its
 * use nobody gets one by accident. A process takes them from a block of its own, which is its own as long as it listens on
 * the block's first port: two that begin at the same moment get different ports, and what a process leaves when it is killed
 * is free again.
 */
const FIRST = 18_000;
const BLOCK = 100;
const BLOCKS = 140;

/** Ports of this process that were not given yet, last first. */
const left: number[] = [];
let block = process.pid % BLOCKS;
let claiming: Promise<void> | undefined;

/** A TCP port of 127.0.0.1 that nobody listens on, another one at every call. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = left.pop();
    if (port === undefined) {
      claiming ??= claimBlock().finally(() => {
        claiming = undefined;
      });
      await claiming;
    } else {
      const server = await listen(port);
      if (server) {
        server.close();
        await once(server, "close");
        return port;
      }
    }
  }
}

async function claimBlock(): Promise<void> {
  for (let tried = 0; tried < BLOCKS; tried++) {
    const first = FIRST + block * BLOCK;
    block = (block + 1) % BLOCKS;
    const claim = await listen(first);
    if (!claim) continue;
    // As long as this process lives, but no reason for it to live.
    claim.unref();
    for (let port = first + BLOCK - 1; port > first; port--) left.push(port);
    return;
  }
  throw new Error(`expected a free port of ${BLOCKS} between ${FIRST} and ${FIRST + BLOCKS * BLOCK}, found none`);
}

/** Undefined: somebody listens on it already. */
async function listen(port: number): Promise<Server | undefined> {
  const server = createServer().listen({ port, host: "127.0.0.1", exclusive: true });
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
  return server;
}

import { createClient } from "redis";
import type { Logger } from "../../services/kit/log.ts";
import { parseRedisInfo, type RedisFigures } from "./redis-info.ts";

/** Asks Valkey or Redis for INFO over one connection, which is made anew whenever it is lost. */
export function connectRedisInfo(
  url: string,
  { log, onStop }: { log: Logger; onStop(release: () => void): void },
): () => Promise<RedisFigures> {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: 1000, reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, 1000) },
  });
  let why = "not connected yet";
  client.on("error", (error: Error) => {
    why = error.message;
    log.debug({ event: "redis_away", err: error }, "Valkey does not answer");
  });
  client.connect().catch(() => {}); // it reconnects by itself, and the error event has told
  onStop(() => client.destroy());
  return async () => {
    if (!client.isReady) throw new Error(why);
    return parseRedisInfo(await client.info());
  };
}

import type { Logger } from "../../services/kit/log.ts";
import { connectRedis } from "../../services/kit/redis.ts";
import { parseRedisInfo, type RedisFigures } from "./redis-info.ts";

/** Asks Valkey or Redis for INFO over one connection, which is made anew whenever it is lost. */
export function connectRedisInfo(
  url: string,
  { log, onStop }: { log: Logger; onStop(release: () => void): void },
): () => Promise<RedisFigures> {
  let why = "not connected yet";
  const client = connectRedis(url, {
    onAway(error) {
      why = error.message;
      log.debug({ event: "redis_away", err: error }, "Valkey does not answer");
    },
    onStop,
  });
  return async () => {
    if (!client.isReady) throw new Error(why);
    return parseRedisInfo(await client.info());
  };
}

import { createClient, type RedisClientOptions } from "redis";

/** What happens to a connection. */
export interface RedisEvents {
  /** It could not be made, or was lost; told at every attempt. */
  onAway(error: Error): void;
  onReady?(): void;
  onStop(release: () => void): void;
}

/**
 * Connect to Valkey or Redis in the background and stay connected: lost connections are made anew for as long as it takes.
 * While there is none, commands fail at once.
 */
export function connectRedis(
  url: string,
  { onAway, onReady, onStop }: RedisEvents,
  options: Pick<RedisClientOptions, "commandsQueueMaxLength"> = {},
) {
  const client = createClient({
    ...options,
    url,
    disableOfflineQueue: true,
    // Its own limit, 5 s for what was not sent yet, is an AbortSignal.timeout for each command: a timer that no answer ends, and
    // which keeps all that the call of the command held. Who waits for an answer sets a limit of its own.
    commandOptions: { timeout: 0 },
    socket: { connectTimeout: 1000, reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, 1000) },
  });
  client.on("error", onAway);
  if (onReady) client.on("ready", onReady);
  client.connect().catch(() => {}); // it reconnects by itself, and the error event has told
  onStop(() => client.destroy());
  return client;
}

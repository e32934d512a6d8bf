import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createClient } from "redis";
import { CACHE_EPOCH_KEY } from "../../services/encoder/config.ts";
import { CommandError } from "../command.ts";
import type { Home } from "../state/home.ts";
import { readJson } from "../state/json-file.ts";
import type { Secrets } from "../state/secrets.ts";
import type { MeshStatus } from "../state/status.ts";

/**
 * Forget every answer of the Encoder: a new epoch, which all Encoders see with their next look.
 * @throws CommandError when the cache does not answer.
 */
export async function clearCache(url: string): Promise<void> {
  const client = createClient({ url, socket: { connectTimeout: 5000, reconnectStrategy: false } });
  client.on("error", () => {}); // connect() rejects with it
  try {
    await client.connect();
    await client.set(CACHE_EPOCH_KEY, randomUUID());
  } catch (error) {
    throw new CommandError(`the cache at ${withoutPassword(url)} does not answer: ${(error as Error).message}`);
  } finally {
    client.destroy();
  }
}

/** REDIS_URL, else the embedded Valkey of the mesh that was started here. @throws CommandError when there is neither. */
export function cacheUrl(home: Home, env: Record<string, string | undefined>): string {
  if (env.REDIS_URL) return env.REDIS_URL;
  const address = readJson<MeshStatus>(home.status)?.addresses.valkey;
  const password = readJson<Secrets>(home.secrets)?.valkey;
  if (address === undefined || password === undefined) {
    throw new CommandError(`no cache is known: no mesh was started in ${join(home.root)}, and REDIS_URL is not set`);
  }
  const url = new URL(address);
  url.password = password;
  return url.href;
}

function withoutPassword(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "REDIS_URL";
}

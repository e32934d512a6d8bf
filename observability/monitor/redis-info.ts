/** What is read of Valkey or Redis; bytes, counts and seconds. */
export interface RedisFigures {
  connectedClients: number;
  usedMemoryBytes: number;
  /** 0: no limit. */
  maxMemoryBytes: number;
  keyspaceHits: number;
  keyspaceMisses: number;
  commandsProcessed: number;
  evictedKeys: number;
  uptimeSeconds: number;
  /** In all databases. */
  keys: number;
}

/** Reads the answer to INFO (https://valkey.io/commands/info). @throws RangeError if a field is missing. */
export function parseRedisInfo(text: string): RedisFigures {
  const fields = new Map(
    text
      .split(/\r?\n/)
      .filter((line) => line.includes(":"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
  const number = (name: string) => {
    const value = Number(fields.get(name) ?? Number.NaN);
    if (!Number.isFinite(value)) throw new RangeError(`expected a number ${name} in INFO, got ${fields.get(name)}`);
    return value;
  };
  const databases = [...fields].filter(([name]) => /^db\d+$/.test(name));
  return {
    connectedClients: number("connected_clients"),
    usedMemoryBytes: number("used_memory"),
    maxMemoryBytes: number("maxmemory"),
    keyspaceHits: number("keyspace_hits"),
    keyspaceMisses: number("keyspace_misses"),
    commandsProcessed: number("total_commands_processed"),
    evictedKeys: number("evicted_keys"),
    uptimeSeconds: number("uptime_in_seconds"),
    keys: databases.reduce((sum, [, value]) => sum + Number(/keys=(\d+)/.exec(value)?.[1] ?? 0), 0),
  };
}

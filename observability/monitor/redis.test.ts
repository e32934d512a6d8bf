import { createClient } from "redis";
import t from "tap";
import { createLogger } from "../../services/kit/log.ts";
import { startValkey } from "../../test/support/valkey.ts";
import { connectRedisInfo } from "./redis.ts";
import { parseRedisInfo } from "./redis-info.ts";

t.test("the figures of a real Valkey follow what is done with it, and come back after it was away", async (t) => {
  const valkey = await startValkey();
  t.teardown(() => valkey.stop());
  const client = await createClient({ url: valkey.url })
    .on("error", () => {})
    .connect();
  t.teardown(() => client.destroy());
  await client.set("a", "1");
  await client.get("a");
  await client.get("b");
  const releases: (() => void)[] = [];
  t.teardown(() => releases.forEach((release) => void release()));
  const log = createLogger({ service: "monitor", level: "silent", environment: "development", version: "0" });
  const read = connectRedisInfo(valkey.url, { log, onStop: (release) => void releases.push(release) });
  const figures = async () => {
    for (const until = performance.now() + 10_000; ; await new Promise(setImmediate)) {
      const found = await read().catch((error: Error) => error);
      if (!(found instanceof Error)) return found;
      if (performance.now() > until) throw found;
    }
  };
  t.match(await figures(), { keys: 1, keyspaceHits: 1, keyspaceMisses: 1, connectedClients: 2, maxMemoryBytes: 0 });
  t.ok((await figures()).usedMemoryBytes > 100_000);
  await valkey.kill9();
  await t.rejects(read());
  await valkey.restart();
  t.match(await figures(), { keys: 0 });
});

t.test("an answer that lacks a figure is refused, with its name", async (t) => {
  t.throws(() => parseRedisInfo("# Clients\r\nconnected_clients:1\r\n"), /used_memory/);
});

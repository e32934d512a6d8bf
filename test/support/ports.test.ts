import { once } from "node:events";
import { createServer } from "node:net";
import t from "tap";
import { freePort } from "./ports.ts";

t.test("no port is given twice, and none that is taken", async (t) => {
  const first = await freePort();
  const server = createServer().listen(first + 1, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const ports = [first, ...(await Promise.all(Array.from({ length: 50 }, freePort)))];
  t.equal(new Set(ports).size, ports.length);
  t.notOk(ports.includes(first + 1));
});

import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import process from "node:process";
import { promisify } from "node:util";
import t from "tap";
import { freePort } from "./ports.ts";

t.test("no port is given twice, and none that is taken", async (t) => {
  const first = await freePort();
  const server = createServer().listen(first + 1, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const ports = [first, ...(await Promise.all(Array.from({ length: 150 }, freePort)))];
  t.equal(new Set(ports).size, ports.length);
  t.notOk(ports.includes(first + 1));
});

t.test("processes that begin at the same moment get different ports", async (t) => {
  const file = new URL("ports.ts", import.meta.url).href;
  // Each lives until the others have theirs too: until its standard input ends.
  const script = `
    const { freePort } = await import(${JSON.stringify(file)});
    process.pid % 2 === 0 && (await freePort());
    console.log((await Promise.all(Array.from({ length: 120 }, freePort))).join());
    await new Promise((resolve) => process.stdin.on("end", resolve).resume());`;
  const children = Array.from({ length: 4 }, () =>
    promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]),
  );
  await Promise.all(children.map(({ child }) => once(child.stdout!, "data")));
  for (const { child } of children) child.stdin?.end();
  const ports = (await Promise.all(children)).flatMap(({ stdout }) => stdout.trim().split(","));
  t.equal(ports.length, 480);
  t.equal(new Set(ports).size, 480);
});

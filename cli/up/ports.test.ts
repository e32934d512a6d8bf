import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import process from "node:process";
import t from "tap";
import { findPortHolder } from "./port-holder.ts";
import { choosePorts, describeTaken } from "./ports.ts";

const host = "127.0.0.1";

t.test("a taken port is reported with its setting and its holder", async (t) => {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;

  const { taken } = await choosePorts([{ setting: "EDGE_PORT", host, port }], findPortHolder);
  t.equal(taken.length, 1);
  t.equal(taken[0]?.holder?.pid, process.pid);
  const message = describeTaken(taken);
  t.match(message, `EDGE_PORT: 127.0.0.1:${port} is taken by pid ${process.pid} (`);
  t.match(message, "EDGE_PORT=");
});

t.test("0 becomes a free port, and no two get the same", async (t) => {
  const wanted = ["A", "B", "C"].map((setting) => ({ setting, host, port: 0 }));
  const { ports, taken } = await choosePorts(wanted, findPortHolder);
  t.same(taken, []);
  t.equal(new Set(Object.values(ports)).size, 3);
  t.notOk(Object.values(ports).includes(0));
});

t.test("one port for two settings is refused before anything starts", async (t) => {
  const { ports } = await choosePorts([{ setting: "FREE", host, port: 0 }], findPortHolder);
  const port = ports.FREE!;
  const { taken } = await choosePorts(
    [
      { setting: "A", host, port },
      { setting: "B", host, port },
    ],
    findPortHolder,
  );
  t.same(
    taken.map(({ setting, reason }) => [setting, reason]),
    [["B", "wanted twice"]],
  );
});

t.test("an address of another machine is refused with its setting", async (t) => {
  const { taken } = await choosePorts([{ setting: "EDGE_PORT", host: "192.0.2.1", port: 0 }], findPortHolder);
  t.match(describeTaken(taken), "EDGE_PORT: 192.0.2.1 is no address of this machine");
});

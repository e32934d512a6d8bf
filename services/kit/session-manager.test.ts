import { once } from "node:events";
import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import t from "tap";
import { EagerSessionManager } from "./session-manager.ts";

t.test("a request right after a GOAWAY has a connection of its own, and the old one's error ends nobody", async (t) => {
  const server = createServer((_, answer) => void answer.end("here"));
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => sessions.push(session));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const manager = new EagerSessionManager(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 1024);
  t.teardown(() => {
    manager.abort();
    server.close();
  });
  const ask = async (request: "request" | "plainRequest") => {
    const stream = await manager[request]("GET", "/", {}, {});
    stream.end();
    const session = stream.session!;
    const closed = once(stream, "close");
    stream.resume();
    await closed;
    return session;
  };
  for (const request of ["request", "plainRequest"] as const) {
    const session = await ask(request);
    const told = once(session, "goaway");
    const closed = new Promise((resolve) => session.once("close", resolve));
    sessions.at(-1)!.goaway();
    await told;
    t.ok(session.destroyed, "connect-es has given it up");
    const next = await ask(request);
    t.not(next, session);
    await closed;
  }
});

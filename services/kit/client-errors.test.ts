import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { ConformanceService } from "../../test/conformance/gen/connectrpc/conformance/v1/service_pb.ts";
import { meshClient } from "./client.ts";
import { asUnavailable } from "./client-errors.ts";

/** What a client hears whose server does `act` as soon as it has the call. */
async function heard(act: (stream: ServerHttp2Stream, socket: Socket) => void) {
  const server = createServer();
  const sockets: Socket[] = [];
  server.on("connection", (socket: Socket) => sockets.push(socket));
  server.on("session", (session) => session.on("error", () => {})); // the client goes as it likes
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    act(stream, sockets.at(-1)!);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const error = await meshClient(ConformanceService, { baseUrl, timeoutMs: 5000 })
    .unary({})
    .catch((e: unknown) => e);
  server.close();
  for (const socket of sockets) socket.destroy();
  return error as ConnectError;
}

t.test("a connection that breaks is Unavailable, at once", async (t) => {
  t.equal((await heard((_, socket) => socket.destroy())).code, Code.Unavailable, "closed");
  t.equal((await heard((_, socket) => socket.resetAndDestroy())).code, Code.Unavailable, "reset");
  const afterGoaway = await heard((stream, socket) => {
    stream.session?.goaway(0);
    setImmediate(() => socket.destroy());
  });
  t.equal(afterGoaway.code, Code.Unavailable, "closed after GOAWAY");
});

t.test("an answer that was cut off is Unavailable, never half a message", async (t) => {
  const error = await heard((stream, socket) => {
    stream.session?.goaway(0);
    stream.respond({ ":status": 200, "content-type": "application/proto", "content-length": "100" });
    stream.write(Buffer.from([10, 0]), () => setImmediate(() => socket.destroy()));
  });
  t.equal(error.code, Code.Unavailable);
});

t.test("nobody there is Unavailable", async (t) => {
  const error = await meshClient(ConformanceService, { baseUrl: "http://127.0.0.1:1" })
    .unary({})
    .catch((e: unknown) => e);
  t.equal((error as ConnectError).code, Code.Unavailable);
});

t.test("what the other service answered passes", async (t) => {
  const answered = new ConnectError("a bug over there", Code.Internal);
  t.equal(asUnavailable(answered), answered);
});

t.test("the same client goes on when the other side is back on its address", async (t) => {
  const answer = (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200, "content-type": "application/proto" });
    stream.end();
  };
  const start = async (port: number) => {
    const server = createServer().on("stream", answer);
    const sockets: Socket[] = [];
    server.on("connection", (socket: Socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const stop = async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    };
    return { stop, port: (server.address() as AddressInfo).port };
  };
  const first = await start(0);
  const client = meshClient(ConformanceService, { baseUrl: `http://127.0.0.1:${first.port}` });
  await client.unary({});
  await first.stop();
  const error = await client.unary({}).catch((e: unknown) => e);
  t.equal((error as ConnectError).code, Code.Unavailable);
  const second = await start(first.port);
  t.teardown(() => second.stop());
  await client.unary({});
  t.pass("answered");
});

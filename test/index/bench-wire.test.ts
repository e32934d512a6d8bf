import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import t from "tap";
import { Connection } from "../../bench/index/peers/wire/connection.ts";
import { Http2Wire } from "../../bench/index/peers/wire/http2.ts";
import { intsOf, PostgresWire } from "../../bench/index/peers/wire/postgres.ts";
import { command, RedisWire, replyOf } from "../../bench/index/peers/wire/redis.ts";
import { startPostgres } from "../support/postgres.ts";
import { startValkey } from "../support/valkey.ts";

// The client of bench:index against real servers.

for (const protocol of ["grpc", "connect"] as const) {
  t.test(`${protocol}: thousands of calls in one connection are answered, also in pieces`, async (t) => {
    const server = createServer();
    const bodies: Buffer[] = [];
    server.on("stream", async (stream, headers) => {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      bodies.push(Buffer.concat(chunks));
      if (headers["content-type"] === "application/grpc") {
        stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
        stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      } else stream.respond({ ":status": 200, "content-type": String(headers["content-type"]) });
      stream.write(bodies.at(-1)!.subarray(0, 3));
      stream.end(bodies.at(-1)!.subarray(3));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const wire = new Http2Wire({ authority: `127.0.0.1:${port}`, scheme: "http", path: "/a.B/C", protocol });
    const connection = await Connection.open({ host: "127.0.0.1", port }, wire);
    const frame = wire.frame(Buffer.alloc(4000, 7));
    // Far more than HTTP/2's first window: what the server takes is counted, and it is told what we took.
    for (let n = 0; n < 2000; n++) await connection.call(frame);
    t.same(await connection.call(wire.frame(Buffer.from("hello"))), Buffer.from("hello"));
    t.equal(bodies.length, 2001);
    connection.close();
    server.close();
  });
}

t.test("an answer that is no success is an error, not an answer", async (t) => {
  const server = createServer();
  server.on("stream", (stream) => {
    stream.respond({ ":status": 503 });
    stream.end("away");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const wire = new Http2Wire({ authority: "x", scheme: "http", path: "/a.B/C", protocol: "connect" });
  const connection = await Connection.open({ host: "127.0.0.1", port }, wire);
  await t.rejects(connection.call(wire.frame(Buffer.from("hello"))), /expected status 200/);
  server.close();
});

t.test("a prepared statement is asked again and again, and its rows are read", async (t) => {
  const server = await startPostgres();
  t.teardown(() => server.stop());
  const wire = new PostgresWire({
    ...{ user: "postgres", database: "flashfit_ai", settings: "set search_path = public", parameterType: 23 },
    statement: "select n from generate_series($1, $1 + 2) as n",
  });
  const connection = await Connection.open({ host: "127.0.0.1", port: server.port }, wire);
  const parameter = Buffer.alloc(4);
  for (let n = 0; n < 50; n++) {
    parameter.writeInt32BE(n);
    t.same(intsOf(await connection.call(wire.frame(parameter))), [n, n + 1, n + 2]);
  }
  const wrong = new PostgresWire({
    ...{ user: "postgres", database: "flashfit_ai", settings: "set no_such_setting = 1", parameterType: 23 },
    statement: "select $1",
  });
  await t.rejects(Connection.open({ host: "127.0.0.1", port: server.port }, wrong), /no_such_setting/);
  connection.close();
});

t.test("Redis' replies are read to their end, lists and binary values too", async (t) => {
  const server = await startValkey();
  t.teardown(() => server.stop());
  const wire = new RedisWire();
  const connection = await Connection.open({ host: "127.0.0.1", port: Number(new URL(server.url).port) }, wire);
  const ask = async (...words: Parameters<typeof command>) => replyOf(await connection.call(command(...words)));
  const value = Buffer.from([0, 13, 10, 255]);
  t.equal(await ask("SET", "a", value), "OK");
  t.same(await ask("MGET", "a", "none", "a"), [value, null, value]);
  await t.rejects(ask("NO_SUCH_COMMAND"), /redis: ERR/);
});

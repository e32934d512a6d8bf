import { once } from "node:events";
import process from "node:process";
import { Code, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import t from "tap";
import { ensureTool } from "../../cli/tools/install.ts";
import { tools } from "../../cli/tools/table.ts";
import { ConformanceService } from "../conformance/gen/connectrpc/conformance/v1/service_pb.ts";
import { refusal } from "../support/calls.ts";
import { startChild } from "../support/child.ts";

const CALLS = 600;
const PARALLEL = 32;
const serverFile = new URL("server.ts", import.meta.url).pathname;

const runtimes = [
  { name: "node", command: process.execPath, flags: [], grpc: true },
  { name: "bun", command: await ensureTool(tools.bun, process.env), flags: ["run"], grpc: true },
  { name: "deno", command: await ensureTool(tools.deno, process.env), flags: ["run", "-A", "--quiet"], grpc: false },
];

for (const { name, command, flags, grpc } of runtimes) {
  t.test(`the kit's server on ${name}`, async (t) => {
    const child = await startChild(command, [...flags, serverFile], /http:\S+/);
    t.teardown(() => child.end("SIGKILL"));
    const baseUrl = /http:\S+/.exec(child.output())?.[0] ?? "";
    const connect = createClient(ConformanceService, createConnectTransport({ baseUrl, httpVersion: "2" }));
    const overGrpc = createClient(ConformanceService, createGrpcTransport({ baseUrl }));

    await t.test("answers every call under load", async (t) => {
      const client = grpc ? overGrpc : connect;
      const requestData = new Uint8Array(2048).fill(7);
      let left = CALLS;
      let answered = 0;
      const worker = async () => {
        while (left-- > 0) {
          const { payload } = await client.unary({
            responseDefinition: { response: { case: "responseData", value: requestData } },
          });
          if (payload?.data.length === requestData.length) answered += 1;
        }
      };
      await Promise.all(Array.from({ length: PARALLEL }, worker));
      t.equal(answered, CALLS);
      t.equal(child.process.exitCode, null);
    });

    await t.test("takes a message of 10 MB and refuses one of 20 MB", async (t) => {
      const data = (megabytes: number) => ({ requestData: new Uint8Array(megabytes * 1_000_000) });
      t.ok((await connect.unary(data(10))).payload);
      t.equal((await refusal(connect.unary(data(20)))).code, Code.ResourceExhausted);
    });

    if (!grpc) {
      await t.test("says to a gRPC caller that gRPC is not to be had", async (t) => {
        t.match(await refusal(overGrpc.unary({})), { code: Code.Unimplemented, rawMessage: /Connect and gRPC-Web/ });
      });
    }

    await t.test("ends with 0 after SIGTERM, and an open stream arrives whole", async (t) => {
      const responseData = [1, 2, 3, 4].map((n) => new Uint8Array([n]));
      const stream = connect.serverStream({ responseDefinition: { responseData, responseDelayMs: 100 } });
      const received: number[] = [];
      const exited = once(child.process, "exit");
      for await (const { payload } of stream) {
        if (received.length === 0) child.process.kill("SIGTERM");
        received.push(...(payload?.data ?? []));
      }
      t.same(received, [1, 2, 3, 4]);
      t.equal((await exited)[0], 0, child.output());
      t.match(child.output(), /"inFlight":1,"aborted":0/);
    });
  });
}

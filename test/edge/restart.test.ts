import { join } from "node:path";
import process from "node:process";
import { create } from "@bufbuild/protobuf";
import t from "tap";
import { EncoderService, ListModelsRequestSchema } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { everyProtocol } from "../mesh/clients.ts";
import { startChild } from "../support/child.ts";
import { startEdge } from "./edge.ts";

t.test("no idempotent call fails while its only service is killed and started again", async (t) => {
  const edge = await startEdge(t.testdir(), {});
  t.teardown(() => edge.end());
  await edge.stop("encoder");
  const backend = join(import.meta.dirname, "backend.ts");
  const start = () => startChild(process.execPath, [backend, String(edge.port("encoder")), edge.certs], /serving/);
  let running = await start();
  t.teardown(() => running.end("SIGKILL"));
  await edge.awaitReady(200);

  const { calls, close } = everyProtocol(edge.url, join(edge.certs, "ca.crt"));
  t.teardown(close);
  let over = false;
  const results = [...calls].map(async ([name, call]) => {
    let good = 0;
    for (; !over || good === 0; good++) await call(EncoderService.method.listModels, create(ListModelsRequestSchema));
    return { name, good };
  });
  const restart = (async () => {
    await running.end("SIGKILL");
    running = await start();
    await edge.awaitReady(200);
    over = true;
  })();
  for (const { name, good } of await Promise.all(results)) t.ok(good > 0, `${name}: ${good} calls, none failed`);
  await restart;
});

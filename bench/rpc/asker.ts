import process from "node:process";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { EagerSessionManager } from "../../services/kit/session-manager.ts";
import { readIdentity } from "../../test/support/identity.ts";
import { timed } from "../support/processor-time.ts";
import { argumentOf } from "../support/script.ts";
import type { RpcLoad } from "./client.ts";

// Calls by a client of the kit or by connect-node's, in a process of its own: the processor time of one, as JSON. The first
// calls are for compilers. connect-node's has the kit's sessions: with its own, a call in some thousands ends in "Premature close".

export interface AskerLoad extends Pick<RpcLoad, "url" | "tls" | "concurrent" | "calls"> {
  by: "kit" | "connect";
}

const { url, tls, concurrent, calls, by } = argumentOf<AskerLoad>();
const pem = readIdentity(tls);
const client = by === "kit" ? meshClient(EncoderService, { baseUrl: url, tls: pem }) : connectNode();

function connectNode() {
  const sessionManager = new EagerSessionManager(url, 1024 * 1024, {}, pem);
  const transport = createConnectTransport({
    ...{ baseUrl: url, httpVersion: "2", sessionManager, useBinaryFormat: true },
    ...{ acceptCompression: [], defaultTimeoutMs: 10_000 },
  });
  return createClient(EncoderService, transport);
}

async function ask(count: number): Promise<void> {
  let left = count;
  const one = async () => {
    while (left-- > 0) await client.encode({ input: { case: "text", value: "a red summer dress with white dots" } });
  };
  await Promise.all(Array.from({ length: concurrent }, one));
}

await ask(calls);
const { cpu } = await timed(() => ask(calls));
console.log(JSON.stringify({ micros: (cpu / calls) * 1e6 }));
process.exit();

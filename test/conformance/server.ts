/**
 * A server of the Connect conformance suite, built on the kit's own server.
 *
 * The suite starts it once for every server configuration, writes a ServerCompatRequest to stdin (length, then
 * message) and reads a ServerCompatResponse with the address from stdout. It ends it with a signal.
 */
import process from "node:process";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { HealthRegistry } from "../../services/kit/health.ts";
import { createServer, implement, type ServerTls } from "../../services/kit/serve.ts";
import {
  type ServerCompatRequest,
  ServerCompatRequestSchema,
  ServerCompatResponseSchema,
} from "./gen/connectrpc/conformance/v1/server_compat_pb.ts";
import { ConformanceService } from "./gen/connectrpc/conformance/v1/service_pb.ts";
import { conformanceService } from "./service.ts";

const asked = await readRequest(process.stdin);
const tls = tlsOf(asked);
const server = await createServer({
  name: "conformance",
  host: "127.0.0.1",
  port: 0,
  services: [ConformanceService],
  health: new HealthRegistry(),
  ...(tls ? { tls } : {}),
  limits: asked.messageReceiveLimit > 0 ? { maxMessageBytes: asked.messageReceiveLimit } : {},
  log: { info: () => {}, warn: (fields, message) => console.error(message, fields) },
});
server.install([implement(ConformanceService, conformanceService)]);

const answer = toBinary(
  ServerCompatResponseSchema,
  create(ServerCompatResponseSchema, {
    host: "127.0.0.1",
    port: server.port,
    ...(asked.serverCreds ? { pemCert: asked.serverCreds.cert } : {}),
  }),
);
const length = Buffer.alloc(4);
length.writeUInt32BE(answer.byteLength);
process.stdout.write(Buffer.concat([length, answer]));
process.once("SIGTERM", () => void server.stop(0).then(() => process.exit(0)));

function tlsOf({ useTls, serverCreds, clientTlsCert }: ServerCompatRequest): ServerTls | undefined {
  if (!useTls) return undefined;
  if (!serverCreds) throw new Error("the suite asked for TLS without credentials");
  return {
    cert: Buffer.from(serverCreds.cert),
    key: Buffer.from(serverCreds.key),
    ...(clientTlsCert.byteLength > 0 ? { ca: Buffer.from(clientTlsCert) } : {}),
  };
}

async function readRequest(input: AsyncIterable<Buffer>): Promise<ServerCompatRequest> {
  let read = Buffer.alloc(0);
  for await (const chunk of input) {
    read = Buffer.concat([read, chunk]);
    if (read.length >= 4 && read.length >= 4 + read.readUInt32BE(0)) {
      return fromBinary(ServerCompatRequestSchema, read.subarray(4, 4 + read.readUInt32BE(0)));
    }
  }
  throw new Error("stdin ended before the whole request");
}

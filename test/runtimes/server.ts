/**
 * The kit's server with the conformance service, to be started on any runtime.
 *
 * TLS_CERT_FILE, TLS_KEY_FILE, TLS_CA_FILE and TLS_PEER_ID turn on mutual TLS; DRAIN_MS is the time that SIGTERM
 * leaves to open calls. The first line on stdout is the address, the last one the report of the stop.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { HealthRegistry } from "../../services/kit/health.ts";
import { createServer, implement } from "../../services/kit/serve.ts";
import { ConformanceService } from "../conformance/gen/connectrpc/conformance/v1/service_pb.ts";
import { conformanceService } from "../conformance/service.ts";

const { TLS_CERT_FILE, TLS_KEY_FILE, TLS_CA_FILE, TLS_PEER_ID, DRAIN_MS = "5000" } = process.env;
const health = new HealthRegistry();
const server = await createServer({
  name: "echo",
  host: "127.0.0.1",
  port: 0,
  services: [ConformanceService],
  health,
  ...(TLS_CERT_FILE && TLS_KEY_FILE && TLS_CA_FILE
    ? {
        tls: {
          cert: readFileSync(TLS_CERT_FILE),
          key: readFileSync(TLS_KEY_FILE),
          ca: readFileSync(TLS_CA_FILE),
          ...(TLS_PEER_ID ? { peerId: TLS_PEER_ID } : {}),
        },
      }
    : {}),
});
server.install([implement(ConformanceService, conformanceService)]);
health.set(ConformanceService.typeName, "SERVING");
console.log(server.url);

process.once("SIGTERM", async () => {
  const report = await server.stop(Number(DRAIN_MS));
  console.log(JSON.stringify(report));
  process.exit(0);
});

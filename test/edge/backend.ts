/** An Encoder process that only lists models, to be killed: `node backend.ts PORT CERTS_FOLDER`. */
import process from "node:process";
import { spiffeId } from "../../envoy/certificates/mesh.ts";
import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { HealthRegistry } from "../../services/kit/health.ts";
import { createServer, implement } from "../../services/kit/serve.ts";
import { identityFiles, readIdentity } from "../support/identity.ts";

const [port, certs = "."] = process.argv.slice(2);
const health = new HealthRegistry();
const tls = { ...readIdentity(identityFiles(certs, "encoder")), peerId: spiffeId("envoy") };
const services = [EncoderService];
const server = await createServer({ name: "encoder", host: "127.0.0.1", port: Number(port), services, tls, health });
server.install([implement(EncoderService, { listModels: () => ({}) })]);
health.set(EncoderService.typeName, "SERVING");
console.log("serving");

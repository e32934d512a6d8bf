/** An Encoder process that only lists models, to be killed: `node backend.ts PORT CERTS_FOLDER`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { spiffeId } from "../../envoy/certificates/mesh.ts";
import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { HealthRegistry } from "../../services/kit/health.ts";
import { createServer, implement } from "../../services/kit/serve.ts";

const [port, certs = "."] = process.argv.slice(2);
const pem = (name: string) => readFileSync(join(certs, name));
const health = new HealthRegistry();
const tls = { cert: pem("encoder.crt"), key: pem("encoder.key"), ca: pem("ca.crt"), peerId: spiffeId("envoy") };
const services = [EncoderService];
const server = await createServer({ name: "encoder", host: "127.0.0.1", port: Number(port), services, tls, health });
server.install([implement(EncoderService, { listModels: () => ({}) })]);
health.set(EncoderService.typeName, "SERVING");
console.log("serving");

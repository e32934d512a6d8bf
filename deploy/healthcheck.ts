import { readFileSync } from "node:fs";
import { connect } from "node:http2";
import { dirname, join } from "node:path";
import process from "node:process";

// Is the service in this container serving? GET /healthz as Envoy asks it: HTTP/2 with Envoy's certificate.

const { HEALTH_URL, TLS_CA_FILE } = process.env;
if (!HEALTH_URL || !TLS_CA_FILE) throw new Error("expected HEALTH_URL and TLS_CA_FILE in the environment");
const certs = dirname(TLS_CA_FILE);
const session = connect(HEALTH_URL, {
  ca: readFileSync(TLS_CA_FILE),
  cert: readFileSync(join(certs, "envoy.crt")),
  key: readFileSync(join(certs, "envoy.key")),
  checkServerIdentity: () => undefined, // the service is identified by its SPIFFE id, not by a host name
});
session.once("error", (error) => {
  process.stderr.write(`${HEALTH_URL} does not answer: ${error.message}\n`);
  process.exit(1);
});
session.setTimeout(8000, () => process.exit(1));
const call = session.request({ ":path": "/healthz" });
call.once("response", (headers) => process.exit(headers[":status"] === 200 ? 0 : 1));

import { join } from "node:path";
import process from "node:process";
import { migrateAll } from "../cli/up/migrations.ts";
import { ensureMeshCertificates } from "../envoy/certificates/mesh.ts";

// What `npm start` does before it starts anything, for containers: certificates and the database's schema.

const { STATE_DIR, DATABASE_URL, EDGE_NAME = "localhost" } = process.env;
if (!STATE_DIR || !DATABASE_URL) throw new Error("expected STATE_DIR and DATABASE_URL in the environment");

// Inside, the mesh listener is reached by the name of Envoy's container.
const written = await ensureMeshCertificates({ folder: join(STATE_DIR, "certs"), edge: { dns: [EDGE_NAME, "envoy"] } });
process.stdout.write(`certificates: ${written.length === 0 ? "all good" : `made ${written.join(", ")}`}\n`);
await migrateAll(DATABASE_URL);
process.stdout.write("the schema is up to date\n");

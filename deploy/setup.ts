import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { migrateAll } from "../cli/up/migrations.ts";
import { ensureMeshCertificates } from "../envoy/certificates/mesh.ts";
import { bootstrapJson } from "../envoy/config/bootstrap.ts";
import { meshFromSettings } from "../envoy/mesh/from-settings.ts";
import { meshBootstrap } from "../envoy/mesh/topology.ts";
import { envoySettings } from "../envoy/settings.ts";
import { readConfig } from "../services/kit/config.ts";
import { writeAlerting } from "./alerting.ts";
import { addMetricsListener } from "./envoy-metrics.ts";

// What `npm start` and `npm run observe` do before they start anything, for containers: certificates, Envoy's bootstrap,
// Alertmanager's configuration, the schema.

const { STATE_DIR, ALERTING_DIR, DATABASE_URL, EDGE_NAME = "localhost" } = process.env;
if (!STATE_DIR || !DATABASE_URL) throw new Error("expected STATE_DIR and DATABASE_URL in the environment");

const certificates = join(STATE_DIR, "certs");
const written = await ensureMeshCertificates({ folder: certificates, edge: { dns: [EDGE_NAME] } });
process.stdout.write(`certificates: ${written.length === 0 ? "all good" : `made ${written.join(", ")}`}\n`);

// Containers find each other by name. Envoy's listeners are reached from its networks, its admin interface is not.
const everywhere = { EDGE_HOST: "0.0.0.0", MESH_HOST: "0.0.0.0" };
const names = ["encoder", "index", "fusion", "feedback", "web", "monitor"];
const neighbours = Object.fromEntries(names.map((name) => [`${name.toUpperCase()}_HOST`, name]));
const settings = readConfig(envoySettings, { ...process.env, ...everywhere, ...neighbours });
const bootstrap = meshBootstrap(meshFromSettings(settings, certificates));
mkdirSync(join(STATE_DIR, "envoy"), { recursive: true });
writeFileSync(
  join(STATE_DIR, "envoy/bootstrap.json"),
  bootstrapJson(addMetricsListener(bootstrap, settings.ENVOY_ADMIN_PORT)),
);
process.stdout.write("Envoy's bootstrap is written\n");

if (ALERTING_DIR) process.stdout.write(`alerts: ${writeAlerting(ALERTING_DIR, process.env)}\n`);

await migrateAll(DATABASE_URL);
process.stdout.write("the schema is up to date\n");

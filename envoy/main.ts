/**
 * Writes Envoy's bootstrap: `node envoy/main.ts CERTS_FOLDER [FILE]`; without FILE to stdout.
 * Settings come from the environment (envoy/settings.ts). CERTS_FOLDER is the path as Envoy sees it.
 */
import { rename, writeFile } from "node:fs/promises";
import process from "node:process";
import { ConfigError, EXIT_CONFIG, readConfig } from "../services/kit/config.ts";
import { bootstrapJson } from "./config/bootstrap.ts";
import { meshFromSettings } from "./mesh/from-settings.ts";
import { meshBootstrap } from "./mesh/topology.ts";
import { envoySettings } from "./settings.ts";

const [certificates, file] = process.argv.slice(2);
try {
  if (!certificates) throw new ConfigError("usage: node envoy/main.ts CERTS_FOLDER [FILE]");
  const json = bootstrapJson(meshBootstrap(meshFromSettings(readConfig(envoySettings), certificates)));
  if (file) {
    await writeFile(`${file}.tmp`, json, { mode: 0o600 });
    await rename(`${file}.tmp`, file);
  } else {
    process.stdout.write(json);
  }
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT_CONFIG;
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { launcherConfig } from "../cli/up/settings.ts";
import { observabilityFiles } from "./files.ts";
import { composeTargets, defaultTargets } from "./targets.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const files = observabilityFiles();

t.test("every generated file is what its source gives: npm run gen", async (t) => {
  for (const [path, text] of Object.entries(files)) t.equal(readFileSync(join(root, path), "utf8"), text, path);
});

t.test("no test of rules has outlived its source", async (t) => {
  const folder = "observability/prometheus/tests";
  const made = Object.keys(files).filter((path) => path.startsWith(folder));
  t.same(readdirSync(join(root, folder)).sort(), made.map((path) => path.slice(folder.length + 1)).sort());
});

t.test("the default targets are the launcher's default ports", async (t) => {
  const settings: Record<string, unknown> = launcherConfig.parse({});
  const names: Record<string, string> = { monitor: "MONITOR_PORT", envoy: "ENVOY_ADMIN_PORT" };
  for (const { name, url } of defaultTargets.mesh) {
    const setting = names[name] ?? `${name.toUpperCase()}_METRICS_PORT`;
    t.equal(Number(new URL(url).port), settings[setting], setting);
  }
  t.same(
    composeTargets.mesh.map(({ name }) => name),
    defaultTargets.mesh.map(({ name }) => name),
  );
});

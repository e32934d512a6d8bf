import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { apiPerformance } from "./api-performance.ts";
import { faissIndices } from "./faiss-indices.ts";
import { formatJson } from "./kit/json.ts";
import { mlModels } from "./ml-models.ts";
import { policies } from "./policies.ts";
import { systemOverview } from "./system-overview.ts";

/** All dashboards, as Grafana reads them from files: path from the project's root → JSON. Always the same bytes. */
export function dashboardFiles(): Record<string, string> {
  const all: Dashboard[] = [systemOverview, apiPerformance, mlModels, faissIndices, policies];
  return Object.fromEntries(all.map((one) => [`observability/dashboards/${one.uid}.json`, formatJson(one)]));
}

if (import.meta.main) {
  const root = join(import.meta.dirname, "../..");
  for (const [path, text] of Object.entries(dashboardFiles())) {
    writeFileSync(join(root, path), text);
    console.log(path);
  }
}

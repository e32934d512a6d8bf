import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A panel as it stands in a dashboard's JSON, as far as tests look at it. */
export interface PanelJson {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { refId: string; expr: string; legendFormat: string }[];
  fieldConfig?: { defaults: { unit?: string } };
}

export interface DashboardJson {
  uid: string;
  title: string;
  refresh: string;
  panels: PanelJson[];
  templating: { list: { name: string; type: string; query: string; allValue?: string }[] };
}

/** Files of the dashboards, beside this folder. */
export const dashboardNames = [
  "flashfit-system-overview",
  "api-performance",
  "ml-models",
  "faiss-indices",
  "policies",
] as const;

/** A dashboard as it is committed. */
export function readDashboard(name: (typeof dashboardNames)[number]): DashboardJson {
  return JSON.parse(readFileSync(join(import.meta.dirname, "..", `${name}.json`), "utf8"));
}

import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { alertmanagerConfig } from "../../observability/alertmanager/config.ts";
import { alertRulesText } from "../../observability/files.ts";
import { prometheusConfig } from "../../observability/prometheus/config.ts";
import { toYaml } from "../../observability/yaml.ts";
import { CommandError } from "../command.ts";
import { channelsOf, timesOf } from "./channels.ts";
import type { ObserveHome } from "./home.ts";
import type { ObserveSettings } from "./settings.ts";

const ABOUT = "Written by `flashfit observe` at every start.";

export interface ConfigurationOptions {
  settings: ObserveSettings;
  home: ObserveHome;
  /** URL of metrics by process of the mesh. */
  metrics: Record<string, string>;
  prometheusPort: number;
  /** Undefined: there is none. */
  alertmanagerPort?: number;
}

/** Writes the configuration of this mesh; only its owner may read it, for it may hold passwords. */
export function writeConfiguration({ settings, home, metrics, ...ports }: ConfigurationOptions): void {
  for (const folder of [home.root, home.prometheusData, home.alertmanagerData])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  const alertmanager = ports.alertmanagerPort === undefined ? undefined : `127.0.0.1:${ports.alertmanagerPort}`;
  const own = [{ name: "prometheus", url: `http://127.0.0.1:${ports.prometheusPort}/metrics` }];
  if (alertmanager !== undefined) own.push({ name: "alertmanager", url: `http://${alertmanager}/metrics` });
  const prometheus = prometheusConfig({
    mesh: Object.entries(metrics).map(([name, url]) => ({ name, url })),
    own,
    alertmanager,
    serviceInterval: settings.PROMETHEUS_SCRAPE_INTERVAL,
    globalInterval: settings.PROMETHEUS_GLOBAL_INTERVAL,
  });
  write(home.prometheusConfig, toYaml(prometheus, ABOUT));
  write(home.alertRules, alertRulesText());
  write(home.alertmanagerConfig, toYaml(alertmanagerConfig(channelsOf(settings), timesOf(settings)), ABOUT));
}

function write(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  chmodSync(file, 0o600); // the mode above counts for a new file only
}

/** @throws CommandError with promtool's words. */
export async function checkConfiguration(promtool: string, file: string): Promise<void> {
  try {
    await promisify(execFile)(promtool, ["check", "config", file], { timeout: 30_000 });
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
    throw new CommandError(`promtool refuses ${file}:\n${`${stdout}${stderr}`.trim() || message}`);
  }
}

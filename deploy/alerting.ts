import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { channelsOf, describeChannels, timesOf } from "../cli/observe/channels.ts";
import { alertSettings } from "../cli/observe/settings.ts";
import { alertmanagerConfig } from "../observability/alertmanager/config.ts";
import { readConfig } from "../services/kit/config.ts";

/**
 * Writes Alertmanager's configuration from the ALERT_… settings; only its owner may read it, for it may hold passwords.
 * JSON is YAML too, and needs no package.
 *
 * @returns Who is told of alerts, for people.
 */
export function writeAlerting(folder: string, env: Record<string, string | undefined>): string {
  const settings = readConfig(alertSettings, env);
  const channels = channelsOf(settings);
  mkdirSync(join(folder, "data"), { recursive: true });
  const file = join(folder, "alertmanager.yml");
  writeFileSync(file, `${JSON.stringify(alertmanagerConfig(channels, timesOf(settings)), null, 2)}\n`, { mode: 0o600 });
  chmodSync(file, 0o600); // the mode above counts for a new file only
  return describeChannels(channels);
}

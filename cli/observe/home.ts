import { join } from "node:path";
import type { Home } from "../state/home.ts";

/** Where `flashfit observe` keeps what it makes: each of these is a path. */
export interface ObserveHome {
  root: string;
  prometheusConfig: string;
  alertRules: string;
  alertmanagerConfig: string;
  prometheusData: string;
  alertmanagerData: string;
  /** Where both answer. */
  addresses: string;
  /** Held as long as it runs. */
  lock: string;
  /** Children that run now, so that the next start can end what a killed one left. */
  processes: string;
}

export function observeHome(home: Home): ObserveHome {
  const root = join(home.root, "observe");
  return {
    root,
    prometheusConfig: join(root, "prometheus.yml"),
    alertRules: join(root, "alert_rules.yml"),
    alertmanagerConfig: join(root, "alertmanager.yml"),
    prometheusData: join(root, "prometheus"),
    alertmanagerData: join(root, "alertmanager"),
    addresses: join(root, "addresses.json"),
    lock: join(root, "observe.lock"),
    processes: join(root, "processes.json"),
  };
}

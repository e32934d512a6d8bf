import process from "node:process";
import type { ChildSpec } from "../up/child.ts";
import { pollUntil } from "../up/parts/poll.ts";
import type { ObserveHome } from "./home.ts";

/** Prometheus on loopback; what it measured stays in its folder. */
export function prometheusChild(binary: string, port: number, home: ObserveHome, retention: string): ChildSpec {
  const url = `http://127.0.0.1:${port}`;
  return {
    ...common("prometheus", url),
    command: binary,
    args: [
      `--config.file=${home.prometheusConfig}`,
      `--storage.tsdb.path=${home.prometheusData}`,
      `--storage.tsdb.retention.time=${retention}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--web.external-url=${url}`, // so that the links in alerts lead to it
      // It finds Alertmanager seconds after its first look at the rules, and would repeat what was lost after a minute.
      "--rules.alert.resend-delay=10s",
    ],
  };
}

/** Alertmanager on loopback, alone: it looks for no others of its kind. */
export function alertmanagerChild(binary: string, port: number, home: ObserveHome): ChildSpec {
  const url = `http://127.0.0.1:${port}`;
  return {
    ...common("alertmanager", url),
    command: binary,
    args: [
      `--config.file=${home.alertmanagerConfig}`,
      `--storage.path=${home.alertmanagerData}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--web.external-url=${url}`,
      "--cluster.listen-address=",
    ],
  };
}

function common(name: string, url: string): Pick<ChildSpec, "name" | "url" | "env" | "ready" | "stopMs"> {
  return {
    name,
    url,
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    stopMs: 10_000, // Prometheus writes down what it holds in memory
    ready: (signal) => pollUntil(async () => (await fetch(`${url}/-/ready`, { signal })).ok, signal),
  };
}

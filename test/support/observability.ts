import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { findBinaries } from "../../cli/observe/binaries.ts";
import { observeSettings } from "../../cli/observe/settings.ts";
import { launchFlashfit } from "./flashfit.ts";
import { freePort } from "./ports.ts";

/** A Prometheus and an Alertmanager beside a test mesh, started by `flashfit observe`. */
export interface TestObserve {
  prometheusUrl: string;
  alertmanagerUrl: string;
  /** The process that a terminal would hold. */
  process: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** An instant query: every series with its value now. */
  query(expr: string): Promise<Sample[]>;
  /** Alerts that are pending or firing in Prometheus. */
  activeAlerts(): Promise<ActiveAlert[]>;
  /** Resolves once the query has a series; the deadline's error says what it had last, and which targets are down. */
  queryUntil(expr: string, withinMs?: number): Promise<Sample[]>;
  /** Resolves once every target is up. */
  allTargetsUp(withinMs?: number): Promise<void>;
  /** Stops it and answers its exit code. */
  stop(): Promise<number | null>;
}

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

export interface ActiveAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: "pending" | "firing";
}

/** Why tests with a real Prometheus cannot be run here, or false if they can. */
export function observeIsMissing(): string | false {
  const { PROMETHEUS_BIN, ALERTMANAGER_BIN } = process.env;
  const settings = observeSettings.parse({ PROMETHEUS_BIN, ALERTMANAGER_BIN });
  try {
    const { alertmanager, promtool } = findBinaries(settings, process.env.PATH);
    const missing = [alertmanager === undefined && "alertmanager", promtool === undefined && "promtool"].filter(
      Boolean,
    );
    return (
      missing.length > 0 && `skipped: no ${missing.join(", no ")}; apt-get install prometheus prometheus-alertmanager`
    );
  } catch {
    return "skipped: no prometheus; apt-get install prometheus prometheus-alertmanager";
  }
}

/** Everything that is measured is measured every second, and alerts are told at once. */
const FAST = {
  PROMETHEUS_SCRAPE_INTERVAL: "1s",
  PROMETHEUS_GLOBAL_INTERVAL: "1s",
  ALERT_GROUP_WAIT: "1s",
  ALERT_GROUP_INTERVAL: "2s",
};

/** Starts `flashfit observe` for the mesh in a home and waits until both answer. */
export async function startObserve(
  mesh: { home: string },
  { env = {} }: { env?: Record<string, string> } = {},
): Promise<TestObserve> {
  const prometheusPort = Number(env.PROMETHEUS_PORT ?? (await freePort()));
  const alertmanagerPort = Number(env.ALERTMANAGER_PORT ?? (await freePort()));
  const { child, output, printed } = launchFlashfit("observe", mesh.home, {
    ...FAST,
    PROMETHEUS_PORT: String(prometheusPort),
    ALERTMANAGER_PORT: String(alertmanagerPort),
    ...env,
  });
  await printed(/Ctrl-C here/);
  const prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
  const query = (expr: string) => instantQuery(prometheusUrl, expr);
  return {
    prometheusUrl,
    alertmanagerUrl: `http://127.0.0.1:${alertmanagerPort}`,
    process: child,
    output,
    query,
    async activeAlerts() {
      return (await get<{ alerts: ActiveAlert[] }>(`${prometheusUrl}/api/v1/alerts`)).alerts;
    },
    async queryUntil(expr, withinMs = 30_000) {
      const found = await until(withinMs, async () => {
        const samples = await query(expr);
        return samples.length > 0 ? samples : undefined;
      });
      if (found !== undefined) return found;
      throw new Error(`no series for ${expr} within ${withinMs} ms; ${await downTargets(prometheusUrl)}`);
    },
    async allTargetsUp(withinMs = 30_000) {
      const up = await until(withinMs, async () => ((await downTargets(prometheusUrl)) === "" ? true : undefined));
      if (up === undefined)
        throw new Error(`within ${withinMs} ms not every target was up; ${await downTargets(prometheusUrl)}`);
    },
    stop: () => end(child),
  };
}

/** Asks until there is an answer; undefined if there was none in time. */
export async function until<T>(withinMs: number, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || performance.now() > deadline) return answer;
    await sleep(100);
  }
}

async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, "close");
    child.kill("SIGTERM");
    await closed;
  }
  return child.exitCode;
}

async function instantQuery(prometheusUrl: string, expr: string): Promise<Sample[]> {
  const data = await get<{ resultType: string; result: unknown }>(
    `${prometheusUrl}/api/v1/query?${new URLSearchParams({ query: expr })}`,
  );
  if (data.resultType === "scalar") return [{ labels: {}, value: Number((data.result as [number, string])[1]) }];
  const series = data.result as { metric: Record<string, string>; value: [number, string] }[];
  return series.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** "" if all are up. */
async function downTargets(prometheusUrl: string): Promise<string> {
  const { activeTargets } = await get<{ activeTargets: { scrapePool: string; health: string; lastError: string }[] }>(
    `${prometheusUrl}/api/v1/targets?state=active`,
  );
  const down = activeTargets.filter(({ health }) => health !== "up");
  if (activeTargets.length > 0 && down.length === 0) return "";
  return `down: ${down.map(({ scrapePool, health, lastError }) => `${scrapePool} ${health} ${lastError}`.trim()).join("; ") || "there are none yet"}`;
}

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const { status, data, error } = (await response.json()) as { status: string; data: T; error?: string };
  if (status !== "success") throw new Error(`${url}: ${error}`);
  return data;
}

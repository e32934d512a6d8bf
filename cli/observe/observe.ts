import { mkdirSync } from "node:fs";
import { relative } from "node:path";
import { CommandError } from "../command.ts";
import { type Home, projectRoot } from "../state/home.ts";
import { writeJson } from "../state/json-file.ts";
import { endLeftovers } from "../state/leftovers.ts";
import { findPortHolder } from "../up/port-holder.ts";
import { choosePorts, describeTaken } from "../up/ports.ts";
import type { Screen } from "../up/screen.ts";
import type { Binaries } from "./binaries.ts";
import { channelsOf, describeChannels } from "./channels.ts";
import { alertmanagerChild, prometheusChild } from "./children.ts";
import { checkConfiguration, writeConfiguration } from "./configuration.ts";
import type { ObserveHome } from "./home.ts";
import { meshEnd, runningMesh } from "./mesh.ts";
import { Pair } from "./pair.ts";
import { reportText } from "./report.ts";
import type { ObserveSettings } from "./settings.ts";
import type { ObserveAddresses } from "./test-alert.ts";

const START_TIMEOUT_MS = 60_000;

export interface ObserveOptions {
  settings: ObserveSettings;
  /** Of the mesh. */
  home: Home;
  own: ObserveHome;
  binaries: Binaries;
  screen: Screen;
  /** Aborted when it is to stop. */
  signal: AbortSignal;
}

/**
 * Starts Prometheus and Alertmanager beside the mesh and stops them when the signal is aborted.
 *
 * @throws CommandError if they do not start, if one ends, or if the mesh does: nothing is left running then.
 */
export async function observe({ settings, home, own, binaries, screen, signal }: ObserveOptions): Promise<void> {
  const { edge, metrics } = runningMesh(home);
  for (const left of await endLeftovers(own.processes)) screen.line(`  ended what an earlier start had left: ${left}`);
  const { prometheusPort, alertmanagerPort } = await settlePorts(settings, binaries.alertmanager !== undefined);
  writeConfiguration({ settings, home: own, metrics, prometheusPort, alertmanagerPort });
  if (binaries.promtool !== undefined) await checkConfiguration(binaries.promtool, own.prometheusConfig);
  mkdirSync(home.logs, { recursive: true, mode: 0o700 });
  const pair = new Pair(home.logs, own.processes);
  const stopping = AbortSignal.any([signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
  const done = new AbortController();
  try {
    if (binaries.alertmanager !== undefined && alertmanagerPort !== undefined) {
      const child = alertmanagerChild(binaries.alertmanager, alertmanagerPort, own);
      await screen.step(`Alertmanager on 127.0.0.1:${alertmanagerPort}`, () => pair.start(child, stopping));
    }
    const child = prometheusChild(binaries.prometheus, prometheusPort, own, settings.PROMETHEUS_RETENTION);
    await screen.step(`Prometheus on 127.0.0.1:${prometheusPort}`, () => pair.start(child, stopping));
    const addresses: ObserveAddresses = {
      prometheus: `http://127.0.0.1:${prometheusPort}`,
      alertmanager: alertmanagerPort === undefined ? undefined : `http://127.0.0.1:${alertmanagerPort}`,
    };
    writeJson(own.addresses, addresses);
    screen.line(
      reportText({
        edge,
        ...addresses,
        channels: describeChannels(channelsOf(settings)),
        data: shown(own.root),
        logs: shown(home.logs),
      }),
    );
    const ended = await Promise.race([
      aborted(signal),
      pair.end(),
      meshEnd(home, done.signal).then(() => "the mesh has stopped: nothing is left to observe"),
    ]);
    if (ended !== undefined) throw new CommandError(ended);
  } catch (error) {
    if (!signal.aborted) throw error; // told to stop in the middle of the start: that is no failure
  } finally {
    done.abort();
    await pair.stop();
  }
}

async function settlePorts(settings: ObserveSettings, withAlertmanager: boolean) {
  const setting = (name: "PROMETHEUS_PORT" | "ALERTMANAGER_PORT") => ({
    setting: name,
    host: "127.0.0.1",
    port: settings[name],
  });
  const wanted = [setting("PROMETHEUS_PORT"), ...(withAlertmanager ? [setting("ALERTMANAGER_PORT")] : [])];
  const { ports, taken } = await choosePorts(wanted, findPortHolder);
  if (taken.length > 0) throw new CommandError(describeTaken(taken));
  return { prometheusPort: ports.PROMETHEUS_PORT!, alertmanagerPort: ports.ALERTMANAGER_PORT };
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

function shown(path: string): string {
  return path.startsWith(projectRoot) ? relative(projectRoot, path) : path;
}

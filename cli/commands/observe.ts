import { mkdirSync } from "node:fs";
import process from "node:process";
import { ConfigError, readConfig } from "../../services/kit/config.ts";
import { CommandError, type CommandIo, usageError } from "../command.ts";
import { findBinaries, HOW_TO_GET } from "../observe/binaries.ts";
import { channelsOf, describeChannels } from "../observe/channels.ts";
import { observeHome } from "../observe/home.ts";
import { runningMesh } from "../observe/mesh.ts";
import { observe } from "../observe/observe.ts";
import { type ObserveSettings, observeSettings } from "../observe/settings.ts";
import { sendTestAlert } from "../observe/test-alert.ts";
import { releaseLock, takeLock } from "../state/lock.ts";
import { readSettings } from "../up/read-settings.ts";
import { Screen } from "../up/screen.ts";
import { stopRequest } from "../up/stop-requests.ts";

export const name = "observe";
export const summary = "Prometheus and Alertmanager beside the running mesh, until Ctrl-C";

const HELP = `usage: flashfit observe          start them
       flashfit observe test     let a critical TestAlert fire for a minute, to see whether it arrives

Starts Prometheus and Alertmanager on loopback, configured for the mesh that runs in FLASHFIT_HOME, and stops them on
Ctrl-C. They are taken from PATH, or from PROMETHEUS_BIN and ALERTMANAGER_BIN:
${HOW_TO_GET}
ALERT_… settings say who is told of alerts: see .env.example.
`;

export async function run(args: string[], io: CommandIo): Promise<number> {
  if (args.includes("--help")) {
    io.stdout.write(HELP);
    return 0;
  }
  if (args.length > 0 && args.join(" ") !== "test")
    throw usageError(`expected no argument, or test, got ${args.join(" ")}`);
  const { env, home } = readSettings(io.env);
  const settings = read(env);
  if (args[0] === "test") {
    await sendTestAlert(observeHome(home));
    io.stdout.write(`TestAlert fires for a minute; alerts are ${describeChannels(channelsOf(settings))}\n`);
    return 0;
  }
  runningMesh(home);
  const binaries = findBinaries(settings, env.PATH);
  const screen = new Screen(io.stdout);
  if (binaries.alertmanager === undefined)
    screen.line(`  there is no alertmanager: alerts are shown, but sent nowhere\n${HOW_TO_GET}`);
  const own = observeHome(home);
  mkdirSync(own.root, { recursive: true, mode: 0o700 });
  const other = takeLock(own.lock);
  if (other !== undefined) throw new CommandError(`this mesh is observed already (pid ${other.pid})`);
  const stopping = new AbortController();
  void stopRequest(env, () => process.exit(1)).then(() => {
    screen.endSteps();
    screen.line("\nstopping …");
    stopping.abort();
  });
  try {
    await observe({ settings, home, own, binaries, screen, signal: stopping.signal });
    return 0;
  } finally {
    releaseLock(own.lock);
    setImmediate(() => process.exit()); // a signal handler would keep the process
  }
}

function read(env: Record<string, string | undefined>): ObserveSettings {
  try {
    return readConfig(observeSettings, env);
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandError(error.message);
    throw error;
  }
}

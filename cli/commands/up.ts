import { mkdirSync } from "node:fs";
import process from "node:process";
import { CommandError, type CommandIo, usageError } from "../command.ts";
import { readJson } from "../state/json-file.ts";
import { releaseLock, takeLock } from "../state/lock.ts";
import type { MeshStatus } from "../state/status.ts";
import { Mesh } from "../up/mesh.ts";
import { readSettings } from "../up/read-settings.ts";
import { Screen } from "../up/screen.ts";
import { stopRequest } from "../up/stop-requests.ts";
import { packageVersion } from "../up/version.ts";

export const name = "up";
export const summary = "start the whole mesh and keep it running until Ctrl-C";

const HELP = `usage: flashfit up

Starts PostgreSQL, Valkey, the four services and Envoy, restarts what crashes, and stops everything on Ctrl-C.
Settings are environment variables or lines in .env: see .env.example.
`;

export async function run(args: string[], io: CommandIo): Promise<number> {
  if (args.includes("--help")) {
    io.stdout.write(HELP);
    return 0;
  }
  if (args.length > 0) throw usageError(`expected no arguments, got ${args.join(" ")}`);
  const { env, config, home } = readSettings(io.env);
  mkdirSync(home.root, { recursive: true, mode: 0o700 });
  const other = takeLock(home.launcherLock);
  if (other !== undefined) throw new CommandError(alreadyRunning(home.status, other.pid));
  const started = performance.now();
  const screen = new Screen(io.stdout);
  const version = packageVersion();
  screen.line(`FlashFit Mesh ${version}`);
  const mesh = new Mesh({ config, env, home, screen, version });
  const stop = stopRequest(env, () => void mesh.kill());
  try {
    const outcome = await Promise.race([stop, mesh.start().then(() => undefined)]);
    if (outcome === undefined) {
      screen.line(`Started in ${seconds(started)}.`);
      await stop;
    }
    const stopping = performance.now();
    screen.endSteps();
    screen.line("\nstopping …");
    await mesh.stop();
    screen.line(`stopped in ${seconds(stopping)}`);
    return 0;
  } catch (error) {
    await mesh.kill();
    throw error;
  } finally {
    releaseLock(home.launcherLock);
    setImmediate(() => process.exit()); // a signal handler would keep the process
  }
}

function alreadyRunning(statusFile: string, pid: number): string {
  const address = readJson<MeshStatus>(statusFile)?.addresses.edge;
  const where = address === undefined ? "" : ` at ${address}`;
  return `a mesh runs already${where} (launcher: pid ${pid}); stop it with \`npm run flashfit -- down\`, or choose another FLASHFIT_HOME and ports`;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

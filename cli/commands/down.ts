import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError, type CommandIo } from "../command.ts";
import { endLeftovers } from "../state/leftovers.ts";
import { lockHolder } from "../state/lock.ts";
import { isRunning } from "../state/process-identity.ts";
import { readSettings } from "../up/read-settings.ts";

export const name = "down";
export const summary = "stop a mesh that runs in another terminal";

export async function run(args: string[], io: CommandIo): Promise<number> {
  if (args.includes("--help")) {
    io.stdout.write(`usage: flashfit down\n\n${summary}: calls in flight end first.\n`);
    return 0;
  }
  const { config, home } = readSettings(io.env);
  const launcher = lockHolder(home.launcherLock);
  if (launcher === undefined) {
    const left = await endLeftovers(home.processes);
    io.stdout.write(left.length === 0 ? "no mesh is running\n" : `ended what was left: ${left.join(", ")}\n`);
    return 0;
  }
  const started = performance.now();
  process.kill(launcher.pid, "SIGTERM");
  const deadline = started + 2 * config.DRAIN_MS + 30_000;
  while (isRunning(launcher)) {
    if (performance.now() > deadline) throw new CommandError(`the launcher (pid ${launcher.pid}) does not end`);
    await sleep(50);
  }
  io.stdout.write(`stopped in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  return 0;
}

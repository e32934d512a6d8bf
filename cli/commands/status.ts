import { CommandError, type CommandIo } from "../command.ts";
import { readJson } from "../state/json-file.ts";
import { lockHolder } from "../state/lock.ts";
import { identify } from "../state/process-identity.ts";
import type { MeshStatus } from "../state/status.ts";
import { readSettings } from "../up/read-settings.ts";

export const name = "status";
export const summary = "what runs, since when, and what happened lately";

export async function run(args: string[], io: CommandIo): Promise<number> {
  if (args.includes("--help")) {
    io.stdout.write("usage: flashfit status [--json]\n\nExit code 0: the mesh is ready; 1: it is not.\n");
    return 0;
  }
  const { home } = readSettings(io.env);
  const written = readJson<MeshStatus>(home.status);
  if (written === undefined) throw new CommandError(`no mesh has been started in ${home.root}`);
  const status = checked(written, lockHolder(home.launcherLock) !== undefined);
  io.stdout.write(args.includes("--json") ? `${JSON.stringify(status, null, 2)}\n` : statusText(status));
  return status.state === "ready" ? 0 : 1;
}

/** What the file says, corrected by what is true: a killed launcher could not write that it is gone. */
function checked(status: MeshStatus, launcherRuns: boolean): MeshStatus {
  const processes = status.processes.map((one) =>
    one.pid !== undefined && identify(one.pid) === undefined
      ? { ...one, state: "stopped" as const, pid: undefined }
      : one,
  );
  return { ...status, processes, state: launcherRuns ? status.state : "stopped" };
}

function statusText({ state, version, startedAt, addresses, processes, events }: MeshStatus): string {
  const rows = processes.map(({ name, state, pid = "-", restarts, since, url = "" }) =>
    `  ${name.padEnd(9)} ${state.padEnd(9)} ${String(pid).padStart(8)} ${String(restarts).padStart(9)}  ${since}  ${url}`.trimEnd(),
  );
  const lines = events.slice(-10).map((event) => `  ${event.time}  ${event.process ?? "mesh is"} ${event.message}`);
  return [
    `FlashFit Mesh ${version}: ${state}, started ${startedAt}`,
    `  edge ${addresses.edge}   admin ${addresses.admin}`,
    "",
    `  ${"process".padEnd(9)} ${"state".padEnd(9)} ${"pid".padStart(8)} ${"restarts".padStart(9)}  since`,
    ...rows,
    ...(lines.length > 0 ? ["", "lately", ...lines] : []),
    "",
  ].join("\n");
}

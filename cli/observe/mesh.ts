import { setTimeout as sleep } from "node:timers/promises";
import { CommandError } from "../command.ts";
import type { Home } from "../state/home.ts";
import { readJson } from "../state/json-file.ts";
import { lockHolder } from "../state/lock.ts";
import type { MeshStatus } from "../state/status.ts";

const LOOK_MS = 500;

/** The mesh that runs in this home: its address, and where its metrics are, by process. @throws CommandError if none runs. */
export function runningMesh(home: Home): { edge: string; metrics: Record<string, string> } {
  const status = readJson<MeshStatus>(home.status);
  if (status === undefined || !runs(home))
    throw new CommandError(
      `no mesh runs in ${home.root}: start one in another terminal with \`npm start\` (FLASHFIT_HOME says where), then this again`,
    );
  return { edge: status.addresses.edge ?? "", metrics: status.metrics };
}

/** Resolves once the mesh is stopped, or its launcher has died. */
export async function meshEnd(home: Home, signal: AbortSignal): Promise<void> {
  while (runs(home)) await sleep(LOOK_MS, undefined, { signal });
}

function runs(home: Home): boolean {
  const state = readJson<MeshStatus>(home.status)?.state;
  return lockHolder(home.launcherLock) !== undefined && state !== "stopping" && state !== "stopped";
}

import { CommandError } from "../command.ts";
import { type ActivationSettings, activations } from "./activations.ts";
import type { RunningModel } from "./encoder.ts";
import { existingVersions, removeVersion } from "./place.ts";

/**
 * Delete a version from the disk.
 * @param running What a running Encoder says; undefined: none runs, and what it would start with counts as active.
 * @throws CommandError when it is not there, answers calls, or is the one that would answer after a start.
 */
export async function removeModel(
  settings: ActivationSettings,
  name: string,
  version: string,
  running: RunningModel[] | undefined,
): Promise<void> {
  const directory = settings.MODEL_DIR;
  const versions = await existingVersions(directory, name);
  if (!versions.includes(version)) {
    const there = versions.length > 0 ? `; there are ${versions.join(", ")}` : "";
    throw new CommandError(`there is no ${name} ${version} in ${directory}${there}`);
  }
  const state = running?.find((model) => model.name === name && model.version === version)?.state;
  if (state === "serving" || state === "canary") {
    throw new CommandError(`${name} ${version} answers calls (${state}): activate another version first`);
  }
  const chosen = (await activations(settings))[name]?.active ?? versions.at(-1);
  if (!running && versions.length > 1 && chosen === version) {
    throw new CommandError(
      `${name} ${version} is the one that the Encoder starts with: start the mesh and activate another version first`,
    );
  }
  await removeVersion({ directory, name, version });
}

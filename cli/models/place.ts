import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  checkName,
  checkVersion,
  compareVersions,
  readVersionFolder,
  versionsOf,
} from "../../services/encoder/repository/model-repository.ts";
import { SOURCE_FILE, type Source } from "../../services/encoder/repository/source.ts";
import { CommandError, usageError } from "../command.ts";

/** Where a version is to come into the repository. */
export interface Place {
  directory: string;
  name: string;
  version: string;
}

/**
 * A place that is free: the version asked for, or the next number.
 * @throws a usage error for what cannot be a name or a version; CommandError when the version is there.
 */
export async function findPlace(directory: string, name: string, version: string | undefined): Promise<Place> {
  checked(() => checkName(name));
  if (version !== undefined) checked(() => checkVersion(version));
  const versions = await existingVersions(directory, name);
  if (version === undefined) return { directory, name, version: nextVersion(versions) };
  if (versions.includes(version)) {
    throw new CommandError(`${name} ${version} is there already; name another --version, or remove it first`);
  }
  return { directory, name, version };
}

/** Versions of a model that are there, the highest last; none if the model is not there. */
export async function existingVersions(directory: string, name: string): Promise<string[]> {
  return versionsOf(directory, name).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}

/** One more than the number that the highest version begins with. */
export function nextVersion(versions: readonly string[]): string {
  const highest = [...versions].sort(compareVersions).at(-1);
  return String((Number.parseInt(highest ?? "0", 10) || 0) + 1);
}

/**
 * Moves a complete folder of the same disk into its place: the version is there as a whole or not at all.
 * @throws CommandError when the Encoder could not use it; the folder stays.
 */
export async function moveInto(place: Place, folder: string, source: Source): Promise<void> {
  const { directory, name, version } = place;
  await readVersionFolder(folder, name, version).catch((error: unknown) => {
    throw new CommandError(`this is no model that the Encoder can use: ${(error as Error).message}`);
  });
  await writeFile(join(folder, SOURCE_FILE), `${JSON.stringify(source, null, 2)}\n`);
  await mkdir(join(directory, name), { recursive: true });
  await rename(folder, join(directory, name, version)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    throw new CommandError(`${name} ${version} is there already; name another --version, or remove it first`);
  });
}

/** Removes a version, and its model's folder with the last one: gone at once, however long the deletion takes. */
export async function removeVersion({ directory, name, version }: Place): Promise<void> {
  const aside = join(directory, `.removed-${name}-${version}-${process.pid}`);
  await rename(join(directory, name, version), aside);
  if ((await readdir(join(directory, name))).length === 0) await rm(join(directory, name), { recursive: true });
  await rm(aside, { recursive: true });
}

/** The repository's folder, made if it is missing. @throws CommandError when it is a file. */
export async function ensureDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  if (!(await stat(directory)).isDirectory()) throw new CommandError(`${directory} is no folder; see MODEL_DIR`);
}

function checked(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw usageError((error as Error).message);
  }
}

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { npmCommand, npmFlags } from "./npm.mjs";
import { toolsFolder } from "./paths.mjs";
import { runQuietly, SetUpError } from "./run-quietly.mjs";

const VERSION = "24.21.0";
const OLDEST_MAJOR = 24;

/** Platforms for which npm has a package with Node in it. */
const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];
const platform = `${process.platform}-${process.arch}`;
const installFolder = `${toolsFolder}node-${VERSION}`;
const installed = `${installFolder}/node_modules/node-${platform}/bin/node`;

/**
 * A Node that runs TypeScript as it is: this process, NODE24_BIN, one installed here before, one on PATH.
 *
 * @returns {string | undefined} undefined if one has to be installed.
 */
export function findNode24() {
  if (major(process.version) >= OLDEST_MAJOR) return process.execPath;
  const chosen = process.env.NODE24_BIN;
  if (chosen) {
    const version = versionOf(chosen);
    if (version !== undefined && major(version) >= OLDEST_MAJOR) return chosen;
    throw new SetUpError(
      `NODE24_BIN: expected a Node ${OLDEST_MAJOR} or newer, got ${chosen} (${version ?? "it does not run"})`,
    );
  }
  if (existsSync(installed)) return installed;
  return nodeOnPath();
}

/** Installs Node from npm into .tools/, without touching the one of the system. */
export async function installNode24() {
  if (!PLATFORMS.includes(platform)) {
    throw new SetUpError(
      `Node ${process.versions.node} is too old and npm has no Node ${VERSION} for ${platform}: install Node ${OLDEST_MAJOR} or newer, or name one in NODE24_BIN`,
    );
  }
  const partial = `${installFolder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const { command, prefix } = npmCommand();
  await runQuietly({
    label: `installing Node ${VERSION}`,
    command,
    args: [...prefix, "install", "--prefix", partial, ...npmFlags, `node-${platform}@${VERSION}`],
    cwd: partial,
    hint: `or install Node ${OLDEST_MAJOR} yourself and name it in NODE24_BIN`,
  });
  rmSync(installFolder, { recursive: true, force: true });
  renameSync(partial, installFolder);
  if (versionOf(installed) === undefined) {
    throw new SetUpError(
      `Node ${VERSION} from npm does not run here (it needs glibc): install Node ${OLDEST_MAJOR}, or name one in NODE24_BIN`,
    );
  }
  return installed;
}

function nodeOnPath() {
  const own = realpathSync(process.execPath);
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const candidate = join(folder, "node");
    if (!existsSync(candidate) || realpathSync(candidate) === own) continue;
    const version = versionOf(candidate);
    if (version !== undefined && major(version) >= OLDEST_MAJOR) return candidate;
  }
  return undefined;
}

function versionOf(binary) {
  try {
    return execFileSync(binary, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined; // not there, not executable, or made for another machine: all the same to the caller
  }
}

function major(version) {
  return Number(/^v?(\d+)\./.exec(version)?.[1] ?? 0);
}

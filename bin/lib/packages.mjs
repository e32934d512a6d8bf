import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { npmCommand, npmFlags } from "./npm.mjs";
import { root } from "./paths.mjs";
import { runQuietly } from "./run-quietly.mjs";

const stampFile = `${root}node_modules/.flashfit-stamp`;

/** True if node_modules holds what package-lock.json says. Costs one hash when nothing has changed. */
export function packagesAreInstalled() {
  const hash = lockHash();
  if (readText(stampFile) === hash) return true;
  if (!sameAsLock()) return false;
  writeFileSync(stampFile, hash);
  return true;
}

/** `npm ci`, with its progress. */
export async function installPackages() {
  const { command, prefix } = npmCommand();
  await runQuietly({
    label: "installing packages (npm ci)",
    command,
    args: [...prefix, "ci", ...npmFlags],
    cwd: root,
    hint: "is the npm registry reachable? `npm ping` tells; then start again",
  });
  writeFileSync(stampFile, lockHash());
}

function lockHash() {
  const lock = readFileSync(`${root}package-lock.json`);
  return createHash("sha256").update(lock).update(`${process.platform}-${process.arch}`).digest("hex");
}

/** Whoever ran `npm install` by hand needs no `npm ci`: npm notes what it installed in a lockfile of its own. */
function sameAsLock() {
  const installed = readText(`${root}node_modules/.package-lock.json`);
  if (installed === undefined) return false;
  const have = JSON.parse(installed).packages;
  const want = JSON.parse(readFileSync(`${root}package-lock.json`, "utf8")).packages;
  return Object.entries(want).every(([path, { version, optional }]) => {
    if (path === "") return true;
    return have[path] === undefined ? optional === true : have[path].version === version;
  });
}

function readText(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { projectRoot } from "../state/home.ts";

const WEB = join(projectRoot, "web");
const BUILT = join(WEB, "dist");
/** In the build: what it was made from. */
const STAMP = ".built-from";
/** What the page is made from, from the root; folders with everything below them. */
const SOURCES = [
  "web/index.html",
  "web/vite.config.ts",
  "web/build",
  "web/src",
  "web/public",
  "gen/buf",
  "gen/flashfit",
  "gen/google",
  "package-lock.json",
];
const LIMIT_MS = 120_000;

/** Builds the shopper's page if what it is made from has changed; true if it was built. */
export async function ensureWebPage(): Promise<boolean> {
  const from = fingerprint();
  const stamp = join(BUILT, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === from) return false;
  const fresh = `dist.${process.pid}`;
  const vite = join(projectRoot, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", WEB, "--outDir", fresh, "--emptyOutDir", "--logLevel", "warn"];
  try {
    await promisify(execFile)(process.execPath, args, { cwd: projectRoot, timeout: LIMIT_MS });
    writeFileSync(join(WEB, fresh, STAMP), from);
    rmSync(BUILT, { recursive: true, force: true });
    renameSync(join(WEB, fresh), BUILT);
  } finally {
    rmSync(join(WEB, fresh), { recursive: true, force: true });
  }
  return true;
}

/** A hash of the names and contents of all sources. */
function fingerprint(): string {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    for (const file of filesOf(source))
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(projectRoot, file)))
        .update("\0");
  }
  return hash.digest("hex");
}

function filesOf(path: string): string[] {
  const full = join(projectRoot, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  const entries = readdirSync(full, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(projectRoot.length))
    .sort();
}

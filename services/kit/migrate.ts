import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Sql } from "postgres";
import { waitForDatabase } from "./database.ts";

/** The schema of one service: files `NNNN_name.sql`, run in the order of their numbers. */
export interface Migrations {
  service: string;
  folder: URL | string;
}

/** One file that was run now. */
export interface MigrationStep {
  service: string;
  version: number;
  name: string;
}

/** A schema that does not fit its files. */
export class MigrationError extends Error {
  override name = "MigrationError";
}

const FILE = /^(\d{4})_([a-z0-9_]+)\.sql$/;
/** Any number, the same for all: one migration at a time in a database. */
const LOCK = 4_270_118;
const WAIT_FOR_DATABASE_MS = 30_000;

/**
 * Bring the database up to date: every file once, each in one transaction with its record in public.schema_migrations.
 * Waits up to 30 s for PostgreSQL. Safe to call from many processes at a time. Throws MigrationError if a file changed after it was run.
 */
export async function migrate(
  sql: Sql,
  migrations: Migrations[],
  onStep: (step: MigrationStep) => void = () => {},
): Promise<void> {
  await waitForDatabase(sql, AbortSignal.timeout(WAIT_FOR_DATABASE_MS));
  const connection = await sql.reserve();
  try {
    // A migration, or waiting for another process's, may take longer than any call.
    await connection`set statement_timeout = 0`;
    await connection`select pg_advisory_lock(${LOCK})`;
    // "if not exists" takes the right to create one even where there is one: a service's own user has none.
    const [known] = await connection<{ missing: boolean }[]>`
      select to_regclass('public.schema_migrations') is null as missing`;
    if (known?.missing) {
      await connection`
        create table public.schema_migrations (
          service text not null, version int not null, name text not null, sha256 text not null,
          applied_at timestamptz not null default now(), primary key (service, version))`;
    }
    for (const { service, folder } of migrations) {
      for (const file of await readFolder(folder)) {
        const [known] = await connection<{ sha256: string }[]>`
          select sha256 from public.schema_migrations where service = ${service} and version = ${file.version}`;
        if (known) {
          if (known.sha256 !== file.sha256) {
            throw new MigrationError(
              `${service}/${file.name} was changed after it had been run; put it back and add a new file instead`,
            );
          }
          continue;
        }
        await connection.unsafe("begin").simple();
        try {
          await connection.unsafe(file.sql).simple();
          await connection`
            insert into public.schema_migrations (service, version, name, sha256)
            values (${service}, ${file.version}, ${file.name}, ${file.sha256})`;
          await connection.unsafe("commit").simple();
        } catch (error) {
          // With a broken connection the transaction is gone already; what broke it is the error to show.
          await connection
            .unsafe("rollback")
            .simple()
            .catch(() => {});
          throw new MigrationError(`${service}/${file.name}: ${error instanceof Error ? error.message : error}`, {
            cause: error,
          });
        }
        onStep({ service, version: file.version, name: file.name });
      }
    }
  } finally {
    // With a broken connection the lock and the setting are gone already.
    await connection`select pg_advisory_unlock(${LOCK})`.catch(() => {});
    await connection`reset statement_timeout`.catch(() => {});
    connection.release();
  }
}

async function readFolder(folder: URL | string) {
  const at = folder instanceof URL ? fileURLToPath(folder) : folder;
  const files = [];
  for (const name of (await readdir(at)).sort()) {
    const number = FILE.exec(name)?.[1];
    if (number === undefined)
      throw new MigrationError(`${path.join(at, name)} is no migration: expected NNNN_name.sql`);
    const sql = await readFile(path.join(at, name), "utf8");
    files.push({ name, version: Number(number), sql, sha256: createHash("sha256").update(sql).digest("hex") });
  }
  return files;
}

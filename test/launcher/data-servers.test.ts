import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import postgres from "postgres";
import t from "tap";
import { ensureSecrets } from "../../cli/state/secrets.ts";
import { ensureTool } from "../../cli/tools/install.ts";
import { findPostgres } from "../../cli/tools/postgres-binaries.ts";
import { tools } from "../../cli/tools/table.ts";
import { databaseUrl, ensureDatabase, postgresChild } from "../../cli/up/parts/postgres.ts";
import { valkeyChild } from "../../cli/up/parts/valkey.ts";
import { choosePorts } from "../../cli/up/ports.ts";
import { Supervisor } from "../../cli/up/supervisor.ts";

const home = t.testdir();
mkdirSync(join(home, "logs"));
const wanted = ["POSTGRES_PORT", "REDIS_PORT"].map((setting) => ({ setting, host: "127.0.0.1", port: 0 }));
const { ports } = await choosePorts(wanted, () => undefined);
const secrets = ensureSecrets(join(home, "secrets.json"));
let onRecovery = () => {};
const supervisor = new Supervisor({
  logs: join(home, "logs"),
  startTimeoutMs: 30_000,
  onEvent: ({ message }) => message.startsWith("runs again") && onRecovery(),
  onChange: () => {},
});
t.teardown(async () => {
  await supervisor.stop("valkey");
  await supervisor.stop("postgres");
});

/** Kills a child and waits until it runs again. */
async function killAndAwait(name: string): Promise<number> {
  const started = performance.now();
  const recovered = new Promise<void>((resolve) => {
    onRecovery = resolve;
  });
  process.kill(supervisor.statuses.find((status) => status.name === name)!.pid!, "SIGKILL");
  await recovered;
  return performance.now() - started;
}

t.test("PostgreSQL keeps what was committed through kill -9, with sessions open", async (t) => {
  const port = ports.POSTGRES_PORT!;
  const options = { binaries: findPostgres(process.env), data: join(home, "postgres"), port, secrets };
  await supervisor.start(postgresChild(options));
  await ensureDatabase(port, secrets);
  const sql = postgres(databaseUrl(port, secrets), { max: 1 });
  // A limit, because `end` of a client whose connection was cut can wait for ever (postgres.js 3.4.9).
  t.teardown(() => sql.end({ timeout: 1 }));
  const [user] = await sql`select usesuper from pg_user where usename = current_user`;
  t.equal(user?.usesuper, false);
  await sql`create table kept (n int)`;
  await sql`insert into kept values (1)`;
  const busy = sql`select pg_sleep(60)`.catch(() => "lost");
  const tookMs = await killAndAwait("postgres");
  t.equal(await busy, "lost");
  t.ok(tookMs < 10_000, `${Math.round(tookMs)} ms`);
  // A client of its own: the other one may still be told of the session that was cut (57P01).
  const after = postgres(databaseUrl(port, secrets), { max: 1 });
  t.teardown(() => after.end());
  const [row] = await after`select n from kept`;
  t.equal(row?.n, 1);
});

t.test("Valkey is back after kill -9", async (t) => {
  const binary = await ensureTool(tools.valkey, process.env);
  const options = { binary, folder: join(home, "valkey"), port: ports.REDIS_PORT!, maxMemory: "32mb", secrets };
  await supervisor.start(valkeyChild(options));
  const tookMs = await killAndAwait("valkey");
  t.ok(tookMs < 10_000, `${Math.round(tookMs)} ms`);
});

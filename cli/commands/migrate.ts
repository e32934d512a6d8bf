import { CommandError, type CommandIo } from "../command.ts";
import { readJson } from "../state/json-file.ts";
import type { Secrets } from "../state/secrets.ts";
import { migrateAll } from "../up/migrations.ts";
import { databaseUrl } from "../up/parts/postgres.ts";
import { readSettings } from "../up/read-settings.ts";

export const name = "migrate";
export const summary = "bring the database's schema up to date (flashfit up does it by itself)";

export async function run(args: string[], io: CommandIo): Promise<number> {
  if (args.includes("--help")) {
    io.stdout.write(`usage: flashfit migrate\n\n${summary}. Of DATABASE_URL, else of the running local mesh.\n`);
    return 0;
  }
  const { config, home } = readSettings(io.env);
  const secrets = readJson<Secrets>(home.secrets);
  const url = config.DATABASE_URL ?? (secrets && databaseUrl(config.POSTGRES_PORT, secrets));
  if (url === undefined) throw new CommandError("there is no database yet: set DATABASE_URL, or run `npm start` once");
  await migrateAll(url);
  io.stdout.write("the schema is up to date\n");
  return 0;
}

import { existsSync } from "node:fs";
import postgres from "postgres";
import { migrate } from "../../services/kit/migrate.ts";
import { serviceNames } from "./settings.ts";

/** Brings the database's schema up to date with services/<name>/schema. */
export async function migrateAll(databaseUrl: string): Promise<void> {
  const folders = serviceNames
    .map((service) => ({ service, folder: new URL(`../../services/${service}/schema/`, import.meta.url) }))
    .filter(({ folder }) => existsSync(folder));
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: 10, onnotice: () => {} });
  try {
    await migrate(sql, folders);
  } finally {
    await sql.end();
  }
}

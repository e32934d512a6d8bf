import { randomBytes } from "node:crypto";
import { readJson, writeJson } from "./json-file.ts";

/** Passwords that the launcher made up at the first start. */
export interface Secrets {
  /** Of PostgreSQL's superuser `postgres`. */
  postgresAdmin: string;
  /** Of `flashfit_user`, whom the services are. */
  postgresUser: string;
  valkey: string;
}

/** The secrets in a file that only its owner may read; made when there is none. */
export function ensureSecrets(file: string): Secrets {
  const kept = readJson<Secrets>(file);
  if (kept !== undefined) return kept;
  const made: Secrets = { postgresAdmin: password(), postgresUser: password(), valkey: password() };
  writeJson(file, made, 0o600);
  return made;
}

/** 192 bits, safe in a URL. */
function password(): string {
  return randomBytes(24).toString("base64url");
}

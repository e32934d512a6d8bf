import { accessSync, constants, existsSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { projectRoot } from "../../../cli/state/home.ts";

/** Servers that FlashFit is measured beside, by the name that ratios have. */
export type PeerName = "weaviate" | "pgvector" | "redis_stack";

/** How to start a server, and where it listens then. */
export interface Place {
  name: PeerName;
  command: string[];
  env: Record<string, string>;
  /** Commands are run from here. */
  folder: string;
  port: number;
  /** Weaviate: its REST. */
  httpPort?: number;
}

const needed: Record<PeerName, { script: string; files: string[]; port: number; httpPort?: number }> = {
  weaviate: { script: "start-weaviate.sh", files: ["bin/weaviate-server"], port: 50_051, httpPort: 8085 },
  pgvector: { script: "start-pg.sh", files: ["v/bin/python"], port: 5490 },
  redis_stack: { script: "start-redis.sh", files: ["v/bin/python", "lib11/libssl.so.1.1"], port: 6390 },
};

/**
 * Where a peer is: installed in PEERS_DIR, started by a script in PEERS_SCRIPTS (default: ../shared/peers).
 *
 * @param data an empty folder of its own
 * @returns why it cannot be measured, and what to do, where it is not there
 */
export function placeOf(name: PeerName, data: string): Place | { reason: string } {
  const scripts = resolve(process.env.PEERS_SCRIPTS ?? join(projectRoot, "../shared/peers"));
  const { script, files, port, httpPort } = needed[name];
  const start = join(scripts, script);
  if (!existsSync(start))
    return { reason: `there is no ${start}: set PEERS_SCRIPTS to the folder with the start scripts` };
  const folder = process.env.PEERS_DIR;
  const install = `bash ${join(scripts, "install.sh")} FOLDER vec, then set PEERS_DIR to that folder`;
  if (!folder) return { reason: `PEERS_DIR is not set: ${install}` };
  const missing = files.find((file) => !readable(join(folder, file)));
  if (missing) return { reason: `there is no ${join(folder, missing)}: ${install}` };
  const env = {
    VENV: join(folder, "v"),
    WEAVIATE_BIN: join(folder, "bin/weaviate-server"),
    SSL11: join(folder, "lib11"),
  };
  return { name, command: ["bash", start, data], env, folder, port, ...(httpPort && { httpPort }) };
}

function readable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

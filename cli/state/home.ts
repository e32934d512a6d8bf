import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const projectRoot = fileURLToPath(new URL("../../", import.meta.url));

/** Where a mesh keeps everything that it makes: each of these is a path. */
export interface Home {
  root: string;
  certs: string;
  secrets: string;
  postgres: string;
  valkey: string;
  envoy: string;
  logs: string;
  /** What runs and how it is, for people and tests: see status.ts. */
  status: string;
  /** Held by the launcher as long as it lives. */
  launcherLock: string;
  /** Children that run now, so that the next start can end what a killed launcher left. */
  processes: string;
}

/** The home folder that `FLASHFIT_HOME` names, default `.flashfit/` in the repository. */
export function findHome(env: Record<string, string | undefined>): Home {
  const named = env.FLASHFIT_HOME || ".flashfit";
  const root = isAbsolute(named) ? resolve(named) : join(projectRoot, named);
  return {
    root,
    certs: join(root, "certs"),
    secrets: join(root, "secrets.json"),
    postgres: join(root, "postgres"),
    valkey: join(root, "valkey"),
    envoy: join(root, "envoy"),
    logs: join(root, "logs"),
    status: join(root, "status.json"),
    launcherLock: join(root, "launcher.lock"),
    processes: join(root, "processes.json"),
  };
}

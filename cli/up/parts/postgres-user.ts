import { execFile, spawnSync } from "node:child_process";
import { chownSync } from "node:fs";
import process from "node:process";
import { promisify } from "node:util";
import { CommandError } from "../../command.ts";

const NOBODY = 65534;

/** How to run a program that refuses to be root. */
export interface Unprivileged {
  /** What stands before the program and its arguments. */
  prefix: string[];
  /** Gives a folder to the user that the program will be. */
  own(folder: string): Promise<void>;
}

/**
 * PostgreSQL will not run as root. In a user namespace it believes to be somebody else, while the files stay
 * root's; where those are switched off, it really becomes `nobody`.
 */
export function unprivileged(): Unprivileged {
  if (process.getuid?.() !== 0) return { prefix: [], own: async () => {} };
  const namespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000"];
  if (works([...namespace, "true"])) return { prefix: namespace, own: async () => {} };
  const drop = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  if (works([...drop, "true"])) return { prefix: drop, own: giveToNobody };
  throw new CommandError(
    "PostgreSQL does not run as root, and neither unshare nor setpriv works here: start as another user, or name a server in DATABASE_URL",
  );
}

async function giveToNobody(folder: string): Promise<void> {
  chownSync(folder, NOBODY, NOBODY);
  await promisify(execFile)("chown", ["-R", `${NOBODY}:${NOBODY}`, folder]);
}

function works([command, ...args]: string[]): boolean {
  return spawnSync(command!, args, { stdio: "ignore" }).status === 0;
}

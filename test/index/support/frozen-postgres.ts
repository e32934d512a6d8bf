import { readFileSync } from "node:fs";
import process from "node:process";
import postgres from "postgres";

/**
 * Stops every process of a PostgreSQL (SIGSTOP), as a machine that hangs: connections stay open, and nobody answers.
 *
 * @returns what lets them go on.
 */
export async function freezePostgres(adminUrl: string): Promise<() => void> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  let backend: number;
  try {
    const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
    backend = row!.pid;
    const postmaster = Number(/^\d+ \(.*\) \S (\d+) /.exec(readFileSync(`/proc/${backend}/stat`, "utf8"))![1]);
    // The postmaster first: it starts no further ones then.
    process.kill(postmaster, "SIGSTOP");
    const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, "utf8").trim().split(" ");
    const stopped = [postmaster];
    for (const pid of children.map(Number)) if (signalled(pid, "SIGSTOP")) stopped.push(pid);
    return () => {
      for (const pid of stopped) signalled(pid, "SIGCONT");
    };
  } finally {
    // Its own connection hangs as well.
    await sql.end({ timeout: 0 });
  }
}

/** False: it had ended. */
function signalled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    return false;
  }
}

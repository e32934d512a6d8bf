import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Sql } from "postgres";

/** Processes of PostgreSQL that serve one process of ours, but for the one that it listens with. Linux only. */
export async function backendsOf(pid: number, sql: Sql): Promise<number[]> {
  const ports = new Set(localPortsOf(pid));
  const rows = await sql<{ pid: number; port: number; query: string }[]>`
    select pid, client_port as port, query from pg_stat_activity where client_port is not null`;
  return rows.filter(({ port, query }) => ports.has(port) && !/^\s*listen/i.test(query)).map((row) => row.pid);
}

/** Local ports of the TCP connections that a process has open. */
function localPortsOf(pid: number): number[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`)) ?? [];
      return inode === undefined ? [] : [inode];
    }),
  );
  const lines = ["tcp", "tcp6"].flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, "utf8").split("\n"));
  return lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, port] = /:([0-9A-F]{4})$/.exec(fields[1] ?? "") ?? [];
    return port !== undefined && inodes.has(fields[9] ?? "") ? [Number.parseInt(port, 16)] : [];
  });
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}

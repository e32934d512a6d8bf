import { once } from "node:events";
import { createServer, type Server } from "node:net";
import type { PortHolder } from "./port-holder.ts";

/** A port that will be needed, and the setting that chose it. */
export interface WantedPort {
  setting: string;
  host: string;
  /** 0: any free one. */
  port: number;
}

/** A wanted port that cannot be had. */
export interface TakenPort extends WantedPort {
  reason: "in use" | "not allowed" | "no such address" | "wanted twice";
  holder?: PortHolder;
}

/**
 * Tries every port by listening on it for a moment; all at once, so that no two get the same free one.
 *
 * @returns The ports by setting, with a real number for 0, and those that cannot be had.
 */
export async function choosePorts(
  wanted: WantedPort[],
  findHolder: (port: number) => PortHolder | undefined,
): Promise<{ ports: Record<string, number>; taken: TakenPort[] }> {
  const ports: Record<string, number> = {};
  const taken: TakenPort[] = [];
  const held: Server[] = [];
  for (const want of [...wanted].sort((a, b) => b.port - a.port)) {
    const twin = wanted.find((other) => other.port === want.port && want.port !== 0 && other.setting in ports);
    if (twin !== undefined) {
      taken.push({ ...want, reason: "wanted twice" });
      continue;
    }
    const server = createServer();
    try {
      server.listen({ host: want.host, port: want.port, exclusive: true });
      await once(server, "listening");
      held.push(server);
      ports[want.setting] = (server.address() as { port: number }).port;
    } catch (error) {
      taken.push({ ...want, reason: reasonOf(error as NodeJS.ErrnoException), holder: findHolder(want.port) });
    }
  }
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return { ports, taken };
}

/** One message for all ports that cannot be had: which, by whom, and what to do. */
export function describeTaken(taken: TakenPort[]): string {
  const lines = taken.map(({ setting, host, port, reason, holder }) => {
    if (reason === "not allowed")
      return `  ${setting}: ${host}:${port} needs more rights than you have: choose one above 1023`;
    if (reason === "no such address") return `  ${setting}: ${host} is no address of this machine`;
    if (reason === "wanted twice") return `  ${setting}: ${port} is the port of another setting too`;
    const by = holder === undefined ? "a process of another user" : `pid ${holder.pid} (${holder.command})`;
    return `  ${setting}: ${host}:${port} is taken by ${by}`;
  });
  const first = taken[0]!;
  return `${taken.length === 1 ? "a port" : `${taken.length} ports`} cannot be had, nothing was started
${lines.join("\n")}
end that process, or choose another port in the environment or in .env, as ${first.setting}=${first.port + 10_000 > 65_535 ? 0 : first.port + 10_000} (0 = any free port)`;
}

function reasonOf(error: NodeJS.ErrnoException): TakenPort["reason"] {
  if (error.code === "EADDRINUSE") return "in use";
  if (error.code === "EACCES") return "not allowed";
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") return "no such address";
  throw error;
}

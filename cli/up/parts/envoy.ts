import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChildSpec } from "../child.ts";
import { pollUntil } from "./poll.ts";

export interface EnvoyOptions {
  binary: string;
  /** Where bootstrap.json is written. */
  folder: string;
  adminPort: number;
  /** The edge's address, for people. */
  url: string;
  /** The bootstrap as JSON text, made anew at every start. */
  bootstrap(): Promise<string>;
  /** How long calls in flight may take at a stop, in milliseconds. */
  drainMs: number;
}

/**
 * Threads that carry calls. The services are on the same machine and want processors too; with two of them one thread, and so one
 * connection to each service, costs a call a tenth less than two (decision 0028).
 */
export const ENVOY_THREADS = Math.max(1, Math.floor(availableParallelism() / 2));

/** Envoy as a child, from a bootstrap file. At a stop it ends its calls first. */
export function envoyChild({ binary, folder, adminPort, url, bootstrap, drainMs }: EnvoyOptions): ChildSpec {
  const file = join(folder, "bootstrap.json");
  const admin = `http://127.0.0.1:${adminPort}`;
  const flags = ["--disable-hot-restart", "--log-level", "warning", "--concurrency", String(ENVOY_THREADS)];
  return {
    name: "envoy",
    command: binary,
    args: ["-c", file, ...flags, "--drain-time-s", String(Math.max(1, Math.ceil(drainMs / 1000)))],
    env: { PATH: process.env.PATH },
    url,
    beforeStart: async () => writeFileSync(file, await bootstrap(), { mode: 0o600 }),
    ready: (signal) => pollUntil(async () => (await fetch(`${admin}/ready`, { signal })).ok, signal),
    beforeStop: () => drain(admin, drainMs),
  };
}

/**
 * No new connections from now on; waits until no call from outside is in flight, at most `drainMs`. Calls between services
 * end with those that they are made for; what remains are streams that services keep open as long as they live.
 */
async function drain(admin: string, drainMs: number): Promise<void> {
  const deadline = performance.now() + drainMs;
  try {
    await fetch(`${admin}/drain_listeners?graceful&skip_exit`, { method: "POST", signal: AbortSignal.timeout(1000) });
    while (performance.now() < deadline && (await callsInFlight(admin)) > 0) await sleep(50);
  } catch {
    // its admin interface does not answer: the signal that follows has to do
  }
}

async function callsInFlight(admin: string): Promise<number> {
  const answer = await fetch(`${admin}/stats?filter=^http\\.edge\\.downstream_rq_active$`, {
    signal: AbortSignal.timeout(1000),
  });
  return Number((await answer.text()).split(": ")[1] ?? 0);
}

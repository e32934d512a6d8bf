import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { type PeerName, type Place, placeOf } from "./places.ts";

/** A server that runs, in a folder of its own that goes with it. */
export interface RunningPeer {
  name: PeerName;
  place: Place;
  pid: number;
  stop(): Promise<void>;
}

const READY_MS = 60_000;

/** @returns why not, where it is not installed. @throws with what it wrote, if it does not open its port */
export async function startPeer(name: PeerName): Promise<RunningPeer | { reason: string }> {
  const folder = await mkdtemp(join(tmpdir(), `flashfit-bench-${name}-`));
  const data = join(folder, "data");
  const place = placeOf(name, data);
  if ("reason" in place) {
    await rm(folder, { recursive: true });
    return place;
  }
  // PostgreSQL makes its own, for a user of its own that must be able to get there.
  await chmod(folder, 0o755);
  if (name === "redis_stack") await mkdir(data);
  const log = join(folder, "log");
  const [program = "", ...args] = place.command;
  const env = { ...process.env, ...place.env };
  const child = spawn(program, args, { cwd: place.folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const file = createWriteStream(log);
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  const killOnExit = () => child.kill("SIGKILL");
  process.once("exit", killOnExit);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill(name === "pgvector" ? "SIGINT" : "SIGTERM");
      await ended;
    }
    process.off("exit", killOnExit);
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  for (const port of [place.port, ...(place.httpPort ? [place.httpPort] : [])]) {
    for (const began = performance.now(); !(await opens(port)); await sleep(100)) {
      if (child.exitCode === null && performance.now() - began < READY_MS) continue;
      const written = await readFile(log, "utf8");
      await stop();
      throw new Error(`${name} did not open port ${port}:\n${written}`);
    }
  }
  return { name, place, pid: child.pid!, stop };
}

function opens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const answer = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** What a program did. */
export interface Ended {
  ok: boolean;
  /** Standard output alone. */
  stdout: string;
  /** Both outputs, in the order in which they came. */
  output: string;
}

/** Run a program of node_modules/.bin or PATH in the repository; past its limit it and its children are killed. */
export async function run(command: string, args: string[], limitMs = 120_000): Promise<Ended> {
  const folders = [dirname(process.execPath), join(root, "node_modules/.bin"), process.env.PATH ?? ""];
  const env = { ...process.env, PATH: folders.join(delimiter), NO_COLOR: "1" };
  const child = spawn(command, args, { cwd: root, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const killGroup = () => child.pid !== undefined && child.exitCode === null && process.kill(-child.pid, "SIGKILL");
  const stop = () => {
    killGroup();
    process.exit(1);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  let stdout = "";
  let output = "";
  let late = false;
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const timer = setTimeout(() => {
    late = true;
    killGroup();
  }, limitMs);
  try {
    const [code] = (await once(child, "close")) as [number | null];
    if (late) output += `\n${command} ran longer than ${limitMs / 1000} s and was killed`;
    return { ok: code === 0 && !late, stdout, output };
  } catch (error) {
    return { ok: false, stdout, output: `${command} does not start: ${(error as Error).message}` };
  } finally {
    clearTimeout(timer);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, stop);
  }
}

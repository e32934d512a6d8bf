import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { projectRoot } from "../../cli/state/home.ts";

/**
 * Runs a command of `flashfit` in a home of its own, its output gathered; nothing is awaited. It is told to stop when this
 * process exits, whatever for: a mesh that outlives a bench that failed takes its part of all that is measured later.
 */
export function launchFlashfit(command: string, home: string, env: Record<string, string | undefined>) {
  const child = spawn(process.execPath, [join(projectRoot, "bin/flashfit.mjs"), command], {
    cwd: projectRoot,
    env: {
      ...process.env,
      npm_lifecycle_event: undefined, // a test is no `npm start`: what it starts ends when it is told to
      FLASHFIT_HOME: home,
      ...env,
    } as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const onOutput = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (const look of [...onOutput]) look();
    });
  }
  const closed = once(child, "close");
  const stopOnExit = () => child.kill("SIGTERM");
  process.once("exit", stopOnExit);
  child.once("exit", () => process.off("exit", stopOnExit));
  /** Resolves when it has printed this; rejects if it ends before. */
  const printed = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!pattern.test(text)) return;
        onOutput.delete(look);
        resolve();
      };
      onOutput.add(look);
      void closed.then(() => reject(new Error(`flashfit ${command} ended before it printed ${pattern}:\n${text}`)));
      look();
    });
  return { child, output: () => text, printed, closed };
}

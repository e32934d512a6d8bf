import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { RecordedProcess } from "../state/leftovers.ts";

/** A process that outlives the launcher just long enough to end the children of one that was killed. */
export interface Guardian {
  /** Tells it who the children are now. */
  watch(children: RecordedProcess[]): void;
  /** Nothing is left to guard. */
  end(): void;
}

export function startGuardian(): Guardian {
  const script = fileURLToPath(new URL("guardian.mjs", import.meta.url));
  const child = spawn(process.execPath, ["--max-semi-space-size=1", "--max-old-space-size=32", script], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.stdin.on("error", () => {}); // somebody killed it: the mesh runs on without
  child.on("error", () => {});
  child.unref();
  return {
    watch: (children) => void child.stdin.write(`${JSON.stringify(children)}\n`),
    end: () => void child.stdin.end("[]\n"),
  };
}

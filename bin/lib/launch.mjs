import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/**
 * Goes on in a TypeScript file under the Node given: in this process if it is the one, else in a child that stands
 * in for this process: same terminal, same signals, same end.
 *
 * @param {string} node
 * @param {URL} entry
 * @param {string[]} args
 */
export async function launch(node, entry, args) {
  const file = fileURLToPath(entry);
  if (node === process.execPath) {
    process.argv.splice(1, process.argv.length - 1, file, ...args);
    await import(entry.href);
    return;
  }
  const env = { ...process.env, FLASHFIT_PARENT_PID: String(process.pid) };
  const child = spawn(node, [file, ...args], { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => child.kill(signal)); // a terminal has told the child as well: it takes the two for one
  }
  endWithNpm(() => child.kill("SIGTERM"));
  child.once("error", (error) => {
    process.stderr.write(`${node} does not start: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.once("close", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** Under `npm start`, npm is our parent or its shell's: should it be killed the hard way, we would go on unseen. */
function endWithNpm(end) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const before = ancestors();
  const watch = setInterval(() => {
    if (ancestors() === before) return;
    clearInterval(watch);
    end();
  }, 500);
  watch.unref();
}

/** Parent and grandparent; elsewhere than on Linux the parent alone, because asking costs a process. */
function ancestors() {
  const parent = process.ppid;
  if (process.platform !== "linux") return `${parent}`;
  try {
    const stat = readFileSync(`/proc/${parent}/stat`, "utf8");
    return `${parent} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]}`;
  } catch {
    return ""; // the parent has just ended
  }
}

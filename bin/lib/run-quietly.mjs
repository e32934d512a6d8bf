import { spawn } from "node:child_process";

/** A failure that the person at the terminal can act on: shown as its message alone. */
export class SetUpError extends Error {}

/**
 * Runs a set-up command, showing one line with a running time instead of its output.
 *
 * @param {{ label: string; command: string; args: string[]; cwd?: string; hint?: string }} options
 *   `hint` says what to do if it fails.
 */
export async function runQuietly({ label, command, args, cwd, hint = "" }) {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const tty = process.stderr.isTTY;
  process.stderr.write(tty ? `  ${label} …` : `  ${label} …\n`);
  const ticker = setInterval(
    () => process.stderr.write(tty ? `\r  ${label} … ${seconds()}` : `  ${label} … ${seconds()}\n`),
    tty ? 200 : 15_000,
  );
  const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const forward = (signal) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, forward);
  const output = [];
  child.stdout.on("data", (chunk) => output.push(chunk));
  child.stderr.on("data", (chunk) => output.push(chunk));
  try {
    const end = await new Promise((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("close", (code, signal) => resolve(signal ?? code));
    });
    process.stderr.write(
      `${tty ? "\r" : ""}  ${end === 0 ? "✓" : "✗"} ${label} (${seconds()})${tty ? "\x1b[K" : ""}\n`,
    );
    if (end !== 0) {
      const said = Buffer.concat(output).toString().trim().split("\n");
      const tail = (said.length > 16 ? [...said.slice(0, 8), "…", ...said.slice(-8)] : said).join("\n    ");
      const line = `${command} ${args.join(" ")}`;
      throw new SetUpError(`${label} failed (${end})\n    ${line}\n    ${tail}${hint ? `\n  ${hint}` : ""}`);
    }
  } finally {
    clearInterval(ticker);
    for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, forward);
  }
}

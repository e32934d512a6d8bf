/** How npm is called from here: the very npm that runs us, else the one on PATH. */
export function npmCommand() {
  const script = process.env.npm_execpath;
  if (script?.endsWith("npm-cli.js")) return { command: process.execPath, prefix: [script] };
  return { command: "npm", prefix: [] };
}

/** Quiet, and without install scripts: none of ours needs one, and those that download fail behind a firewall. */
export const npmFlags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--no-progress"];

